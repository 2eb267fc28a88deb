"""Read a plan file back and turn it into a plan that fits the directory as it is now.

What a plan file may do only ever shrinks: an item is deleted if the file says so, it is the same
as it was, and the policy in the file would delete it today. Everything else stays, and is told.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import msgspec

from .catalog.model import Catalog, Pin
from .decisions import Action, Plan
from .explain import Explainer
from .plan import make_plan, restrict
from .plan_json import document_hash
from .refusal import PlanRefusal
from .rules.policy import Policy
from .rules.schema import policy_of

_MAX_BYTES = 1_000_000_000


@dataclass(frozen=True, slots=True)
class PlanFile:
    """What a plan file asks for."""

    path: str
    root: str
    policy: Policy | None
    deletes: dict[str, str]  # id -> identity
    marks: frozenset[str]


class _Entry(msgspec.Struct, frozen=True):
    """The part of one decision that an apply reads."""

    id: str
    action: str
    reasons: list[dict[str, str]]
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
    decisions = _decisions(document, path)
    deletes = [one for one in decisions if one.action == "delete"]
    return PlanFile(
        path=path,
        root=_root(document, path),
        policy=None if document["policy"] is None else policy_of(document["policy"], path),
        deletes={one.id: one.identity or "" for one in deletes},
        marks=frozenset(
            one.id for one in deletes if any(r.get("rule") == "marked" for r in one.reasons)
        ),
    )


def fit(
    file: PlanFile, catalog: Catalog, *, pins: dict[str, Pin] | None = None, now: float
) -> Fitted:
    """The part of a plan file that still holds on a fresh catalog of its root."""
    plan = make_plan(catalog, file.policy, pins=pins, marks=file.marks, now=now)
    explainer = Explainer(plan)
    decisions = {one.checkpoint.id: one for one in plan.decisions}
    ids: set[str] = set()
    skipped: list[tuple[str, str]] = []
    for name, identity in file.deletes.items():
        decision = decisions.get(name)
        measure = decision.checkpoint.measure if decision else None
        if decision is None:
            skipped.append((name, "vanished since the plan"))
        elif measure is None or measure.identity != identity:
            skipped.append((name, "changed since the plan"))
        elif decision.action is not Action.DELETE:
            skipped.append((name, f"now kept: {explainer.short(decision)}"))
        else:
            ids.add(name)
    return Fitted(restrict(plan, frozenset(ids)), tuple(skipped))


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


def _decisions(document: dict[str, Any], path: str) -> list[_Entry]:
    try:
        return msgspec.convert(document.get("decisions"), list[_Entry])
    except msgspec.ValidationError as error:
        raise PlanRefusal(f"{path}: decisions: {error}") from None
