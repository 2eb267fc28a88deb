"""A plan about one run of several: what it deletes there, and nothing else.

Series are decided one by one, so the decisions stay what they are. Only what others need is another
matter: with all runs it may go together with those that need it, with one run these stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .decisions import Action, Plan, Reason, Source, Summary
from .dependencies import dependencies
from .late_dataclass import dataclass
from .plan import summary_of, with_decisions, with_needed
from .protections import Protection, needed_protections

_ELSEWHERE = Reason(Source.PROTECTION, "another run")


@dataclass(frozen=True, slots=True)
class OneRun:
    """What belongs to the run."""

    series: frozenset[str]
    files: frozenset[str]  # paths of artifacts


def only(plan: Plan, run: OneRun) -> Plan:
    """The same plan, deleting and slimming in one run alone; its sums count all that stays."""
    decisions = tuple(
        decision
        if decision.action is Action.KEEP or decision.checkpoint.series in run.series
        else replace(decision, action=Action.KEEP, reasons=(_ELSEWHERE, *decision.reasons))
        for decision in plan.decisions
    )
    artifacts = tuple(
        one
        if one.action is Action.KEEP or one.artifact.path in run.files
        else replace(one, action=Action.KEEP, reasons=(_ELSEWHERE, *one.reasons))
        for one in plan.artifacts
    )
    return with_decisions(plan, with_needed(plan.catalog, decisions), artifacts)


def sums_of(plan: Plan, run: OneRun) -> Summary:
    """What `only` does, in sums of that run."""
    needed = _needed(plan, run)
    inside = [i for i, one in enumerate(plan.catalog.checkpoints) if one.series in run.series]
    catalog = replace(plan.catalog, checkpoints=tuple(plan.catalog.checkpoints[i] for i in inside))
    actions = [Action.KEEP if i in needed else plan.actions[i] for i in inside]
    files = [one for one in plan.artifacts if one.artifact.path in run.files]
    unsized = sum(one.measure is None for one in catalog.checkpoints)
    return summary_of(catalog, actions, files, plan.summary.metric_unknown, unsized)


def _needed(plan: Plan, run: OneRun) -> Mapping[int, list[Protection]]:
    """By what stays elsewhere or here; of what goes with all runs, that is."""
    known = dependencies(plan.catalog)
    if not known:
        return {}
    actions = plan.actions
    staying = [
        one.series not in run.series or action is not Action.DELETE
        for one, action in zip(plan.catalog.checkpoints, actions, strict=True)
    ]
    found = needed_protections(plan.catalog, known, staying)
    return {place: why for place, why in found.items() if actions[place] is not Action.KEEP}
