"""Read a plan file back and turn it into a plan that fits the directory as it is now.

What a plan file may do only ever shrinks: an item is deleted if the file says so, it is the same
as it was, and the policy in the file would delete it today. Everything else stays, and is told.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

from .catalog.model import Catalog, Pin
from .decisions import Action, ArtifactDecision, Decision, Plan
from .explain import Explainer
from .late_dataclass import dataclass
from .plan import make_plan, restrict
from .plan_json import document_hash
from .refusal import PlanRefusal
from .rules.policy import Policy
from .rules.schema import policy_of

_MAX_BYTES = 1_000_000_000
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class PlanFile:
    """What a plan file asks for."""

    path: str
    root: str
    policy: Policy | None
    deletes: dict[str, str]  # id -> identity
    marks: frozenset[str]
    files: dict[str, str]  # path of an artifact -> identity
    slims: dict[str, str]  # id -> identity
    slim_marks: frozenset[str]


class _Entry(msgspec.Struct, frozen=True):
    """The part of one decision that an apply reads."""

    id: str
    action: str
    reasons: list[dict[str, str]]
    identity: str | None = None


class _File(msgspec.Struct, frozen=True):
    """The part of one decision on an artifact that an apply reads."""

    path: str
    action: str
    reasons: list[dict[str, str]] = []
    identity: str | None = None


@dataclass(frozen=True, slots=True)
class Fitted:
    """The plan to commit, and what of the file cannot be done any more."""

    plan: Plan
    skipped: tuple[tuple[str, str], ...]  # id, why


def read_plan_file(path: str) -> PlanFile:
    """Read and check a plan file; PlanRefusal names the file and the field."""
    document = _read(path)
    if document.get("format") != "keepstep/plan" or document.get("version") != 1:
        raise PlanRefusal(f"{path}: format: not a keepstep plan of version 1")
    if document.get("hash") != document_hash(document):
        raise PlanRefusal(f"{path}: hash: the file was changed after keepstep wrote it")
    if "policy" not in document:
        raise PlanRefusal(f"{path}: policy: is missing")
    decisions = _listed(document.get("decisions"), list[_Entry], f"{path}: decisions")
    files = _listed(document.get("artifacts", []), list[_File], f"{path}: artifacts")
    deletes = [one for one in decisions if one.action == "delete"]
    slims = [one for one in decisions if one.action == "slim"]
    gone = [one for one in files if one.action == "delete"]
    return PlanFile(
        path=path,
        root=_root(document, path),
        policy=None if document["policy"] is None else policy_of(document["policy"], path),
        deletes={one.id: one.identity or "" for one in deletes},
        marks=_marked(deletes, "marked") | _marked(gone, "marked"),
        files={one.path: one.identity or "" for one in gone},
        slims={one.id: one.identity or "" for one in slims},
        slim_marks=_marked(slims, "marked to slim"),
    )


def _marked(entries: Iterable[_Entry | _File], mark: str) -> frozenset[str]:
    return frozenset(
        one.id if isinstance(one, _Entry) else one.path
        for one in entries
        if any(reason.get("rule") == mark for reason in one.reasons)
    )


def fit(
    file: PlanFile, catalog: Catalog, *, pins: dict[str, Pin] | None = None, now: float
) -> Fitted:
    """The part of a plan file that still holds on a fresh catalog of its root."""
    plan = make_plan(
        catalog, file.policy, pins=pins, marks=file.marks, slim_marks=file.slim_marks, now=now
    )
    explainer = Explainer(plan)
    skipped: dict[str, str] = {}
    checkpoints = {one.checkpoint.id: one for one in plan.decisions}
    for wanted, action in ((file.deletes, Action.DELETE), (file.slims, Action.SLIM)):
        for name, identity in wanted.items():
            decision = checkpoints.get(name)
            if objection := _objection(decision, identity):
                skipped[name] = objection
            elif decision is not None and decision.action is not action:
                skipped[name] = f"{_NOW[decision.action]}: {explainer.short(decision)}"
    artifacts = {one.artifact.path: one for one in plan.artifacts}
    for name, identity in file.files.items():
        found = artifacts.get(name)
        if objection := _objection(found, identity):
            skipped[name] = objection
        elif found is not None and found.action is not Action.DELETE:
            skipped[name] = f"now kept: {explainer.short_artifact(found)}"
    ids, paths = frozenset(file.deletes) - set(skipped), frozenset(file.files) - set(skipped)
    slims = frozenset(file.slims) - set(skipped)
    fitted = restrict(plan, ids, paths, slims)
    explainer = Explainer(fitted)
    for decision in fitted.decisions:
        if decision.action is Action.KEEP and decision.checkpoint.id in ids | slims:
            skipped[decision.checkpoint.id] = f"now kept: {explainer.short(decision)}"
    return Fitted(fitted, tuple(skipped.items()))


# What the policy in the file would do today, where it is something else than the file says.
_NOW = {
    Action.KEEP: "now kept",
    Action.SLIM: "would now be slimmed",
    Action.DELETE: "would now be deleted",
}


def _objection(found: Decision | ArtifactDecision | None, identity: str) -> str:
    """Why an item of the file is not what it was; "" when it is."""
    if found is None:
        return "vanished since the plan"
    measure = found.unit.measure
    return "" if measure is not None and measure.identity == identity else "changed since the plan"


def _read(path: str) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            raw = file.read(_MAX_BYTES)
        document = json.loads(raw)
    except OSError as error:
        raise PlanRefusal(f"{path}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise PlanRefusal(f"{path}: not JSON: {error}") from None
    if not isinstance(document, dict):
        raise PlanRefusal(f"{path}: not a keepstep plan")
    return document


def _root(document: dict[str, Any], path: str) -> str:
    root = document.get("root")
    if not isinstance(root, str) or not root.startswith("/"):
        raise PlanRefusal(f"{path}: root: must be an absolute path")
    return root


def _listed(value: object, wanted: type[list[Row]], where: str) -> list[Row]:
    try:
        return msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        raise PlanRefusal(f"{where}: {error}") from None
