"""Catalog + policy + pins + marks -> a plan: one decision, and why, for every checkpoint.

Pure functions: no disk, no clock but the `now` given. A checkpoint is deleted only if it is
recognised, complete, fully sized, unprotected and kept by no rule, or if a person marked it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from .catalog.model import Catalog, Checkpoint, Pin
from .decisions import (
    Action,
    Decision,
    Plan,
    Reason,
    SeriesEvaluation,
    Source,
    Summary,
)
from .freed import freed
from .protections import Protection, complete_by_series, protect
from .refusal import PolicyRefusal
from .rules.graduated import GraduatedRule
from .rules.policy import Policy
from .rules.rule import Facts

_MARKED = Reason(Source.HAND, "marked")
_NO_POLICY = Reason(Source.PROTECTION, "no policy")


def make_plan(
    catalog: Catalog,
    policy: Policy | None,
    *,
    pins: Mapping[str, Pin] | None = None,
    marks: frozenset[str] = frozenset(),
    now: float,
) -> Plan:
    """The plan of a policy on a catalog; without a policy everything stays but hand marks.

    `pins` default to those on disk; `marks` are ids that a person marked for deletion; `now` is
    seconds since the epoch. Raises PolicyRefusal when a rule asks for a metric nobody has.
    """
    pins = catalog.pins if pins is None else pins
    if policy is not None and not policy.keep:
        policy = None  # a policy without rules asks for nothing; it never means "delete all"
    _refuse_unknown_metrics(catalog, policy)
    protections = protect(catalog, policy, pins, now)
    evaluations = _evaluate(catalog, policy)
    rule_keeps = _reasons_by_id(policy, evaluations)
    tiers = _tiers_by_id(policy, evaluations)
    decisions = tuple(
        _decide(
            one,
            protections.get(one.id, []),
            rule_keeps.get(one.id, []) if policy else [_NO_POLICY],
            marked=one.id in marks,
            tier=tiers.get(one.id),
        )
        for one in catalog.checkpoints
    )
    return Plan(
        catalog=catalog,
        policy=policy,
        decisions=decisions,
        summary=_summary(decisions),
        pins=pins,
        marks=marks,
        warnings=_warnings(decisions),
        evaluations=evaluations,
    )


def restrict(plan: Plan, ids: frozenset[str]) -> Plan:
    """The same plan, deleting only these ids: what a plan file asks for, and nothing newer."""
    spared = Reason(Source.PROTECTION, "not in plan file")
    decisions = tuple(
        replace(decision, action=Action.KEEP, reasons=(spared, *decision.reasons))
        if decision.action is Action.DELETE and decision.checkpoint.id not in ids
        else decision
        for decision in plan.decisions
    )
    return replace(plan, decisions=decisions, summary=_summary(decisions))


def _decide(
    one: Checkpoint,
    protections: Sequence[Protection],
    rule_keeps: Sequence[Reason],
    *,
    marked: bool,
    tier: int | None,
) -> Decision:
    binding = any(not protection.by_hand for protection in protections)
    if marked and not binding:
        return Decision(one, Action.DELETE, (_MARKED,), tier)
    reasons = (*(protection.reason for protection in protections), *rule_keeps)
    action = Action.KEEP if reasons else Action.DELETE
    return Decision(one, action, reasons, tier, protected=binding)


def _evaluate(catalog: Catalog, policy: Policy | None) -> dict[str, SeriesEvaluation]:
    if policy is None:
        return {}
    return {
        series: SeriesEvaluation(tuple(items), tuple(rule.keeps(items) for rule in policy.keep))
        for series, items in complete_by_series(catalog).items()
    }


def _reasons_by_id(
    policy: Policy | None, evaluations: Mapping[str, SeriesEvaluation]
) -> dict[str, list[Reason]]:
    reasons: dict[str, list[Reason]] = {}
    for evaluation in evaluations.values():
        for number, kept in enumerate(evaluation.kept):
            kind = policy.keep[number].kind if policy else ""
            _collect(reasons, evaluation.items, kept, number, kind)
    return reasons


def _collect(
    reasons: dict[str, list[Reason]],
    items: Sequence[Checkpoint],
    kept: Mapping[int, Facts],
    number: int,
    kind: str,
) -> None:
    for position, facts in kept.items():
        reason = Reason(Source.RULE, kind, number, facts)
        reasons.setdefault(items[position].id, []).append(reason)


def _tiers_by_id(
    policy: Policy | None, evaluations: Mapping[str, SeriesEvaluation]
) -> dict[str, int]:
    """Tiers by the first graduated rule of the policy."""
    rule = next((r for r in policy.keep if isinstance(r, GraduatedRule)), None) if policy else None
    if rule is None:
        return {}
    return {
        item.id: tier
        for evaluation in evaluations.values()
        for item, tier in zip(evaluation.items, rule.tiers(evaluation.items), strict=True)
    }


def _refuse_unknown_metrics(catalog: Catalog, policy: Policy | None) -> None:
    if policy is None or not catalog.checkpoints:
        return
    known = {name for one in catalog.checkpoints for name in one.metrics}
    for i, rule in enumerate(policy.keep):
        for metric, _ in rule.metrics():
            if metric not in known:
                has = f"; known here: {', '.join(sorted(known))}" if known else ""
                source = f"{policy.source}: " if policy.source else ""
                raise PolicyRefusal(
                    f"{source}keep[{i}].{rule.kind}.metric: "
                    f"no checkpoint in {catalog.root} has the metric {metric!r}{has}"
                )


def _summary(decisions: Sequence[Decision]) -> Summary:
    gone = [d.checkpoint for d in decisions if d.action is Action.DELETE]
    return Summary(
        keep=sum(d.action is Action.KEEP for d in decisions),
        slim=sum(d.action is Action.SLIM for d in decisions),
        delete=len(gone),
        total_bytes=sum(d.checkpoint.disk for d in decisions),
        total_apparent=sum(d.checkpoint.apparent for d in decisions),
        freed=freed(gone),
        metric_unknown=sum(_only_metric_unknown(d) for d in decisions),
        unsized=sum(d.checkpoint.measure is None for d in decisions),
    )


def _only_metric_unknown(decision: Decision) -> bool:
    return bool(decision.reasons) and all("unknown" in r.facts for r in decision.reasons)


def _warnings(decisions: Sequence[Decision]) -> tuple[str, ...]:
    warnings = []
    restarted: dict[str, int] = {}
    unknown = 0
    for decision in decisions:
        if any(reason.name == "restarted" for reason in decision.reasons):
            series = decision.checkpoint.series
            restarted[series] = restarted.get(series, 0) + 1
        unknown += _only_metric_unknown(decision)
    for series, count in restarted.items():
        warnings.append(
            f"{series}: {count} with lower steps were saved after the highest step, as when a run "
            "is restarted in the same directory; they are all kept"
        )
    if unknown:
        warnings.append(
            f"{unknown} stay only because their metric is unknown; "
            "`missing: drop` in the best rule would let them go"
        )
    return tuple(warnings)
