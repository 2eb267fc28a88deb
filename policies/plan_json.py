"""The plan as `plan --json` prints it and `apply` takes it: format keepstep/plan, version 1.

`identity` fingerprints each checkpoint as the plan saw it, so that an apply can tell what has
changed since; `hash` covers the whole document, so that an edited one is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from .decisions import Action, ArtifactDecision, Decision, Plan
from .explain import Explainer, Explanation
from .freed import freed, optimizer_state
from .json_text import Document, canonical, number
from .scan_json import processes_document


def plan_document(plan: Plan) -> Document:
    """A plan with every reason in words."""
    explainer = Explainer(plan)
    summary = plan.summary
    document: Document = {
        "format": "keepstep/plan",
        "version": 1,
        "root": plan.root,
        "policy": None if plan.policy is None else plan.policy.document(),
        "decisions": [_decision(one, explainer) for one in plan.decisions],
        "summary": {
            "keep": summary.keep,
            "slim": summary.slim,
            "delete": summary.delete,
            "total_bytes": summary.total_bytes,
            "optimizer_state_bytes": optimizer_state(plan.catalog.checkpoints),
            "freed": {"certain": summary.freed.certain, "possible": summary.freed.possible},
        },
    }
    document["processes"] = processes_document(plan.catalog)
    if plan.artifacts or (plan.policy is not None and plan.policy.artifacts):
        document["artifacts"] = [_artifact(one, explainer) for one in plan.artifacts]
    document["hash"] = document_hash(document)
    return document


def document_hash(document: Document) -> str:
    """The hash that a plan document should carry."""
    body = {key: value for key, value in document.items() if key != "hash"}
    return "sha256:" + hashlib.sha256(canonical(body)).hexdigest()


def _decision(decision: Decision, explainer: Explainer) -> Document:
    one = decision.checkpoint
    return {
        "id": one.id,
        "series": one.series,
        "step": one.step,
        "epoch": number(one.epoch),
        "tier": decision.tier,
        "action": decision.action.value,
        "reasons": _reasons(explainer.reasons(decision)),
        "bytes": one.disk,
        **(_frees(decision) if decision.action is Action.SLIM else {}),
        "identity": one.measure.identity if one.measure else None,
    }


def _frees(decision: Decision) -> Document:
    """What slimming would give back, of the bytes above."""
    part = freed([decision.unit])
    return {"frees": {"certain": part.certain, "possible": part.possible}}


def _artifact(decision: ArtifactDecision, explainer: Explainer) -> Document:
    one = decision.artifact
    return {
        "path": one.path,
        "class": one.kind,
        "action": decision.action.value,
        "reasons": _reasons(explainer.why_artifact(decision)),
        "bytes": one.bytes,
        "identity": one.measure.identity if one.measure else None,
    }


def _reasons(explanations: Iterable[Explanation]) -> list[Document]:
    return [{_KEYS[each.source]: each.name, "text": each.text} for each in explanations]


# A mark by hand takes the place of a rule, so that every reason has one of two keys.
_KEYS = {"rule": "rule", "protection": "protection", "hand": "rule"}
