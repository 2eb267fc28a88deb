"""Catalog + policy + pins + marks -> a plan: one decision, and why, for every checkpoint.

Pure functions: no disk, no clock but the `now` given. A checkpoint is deleted only if it is
recognised, complete, fully sized, unprotected and kept by no rule, or if a person marked it; an
artifact only if the policy names its class or a person marked it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isfinite, nan

from .artifact_decisions import decide_artifacts
from .catalog.model import NO_LOG, Catalog, Pin
from .decisions import (
    Action,
    ArtifactDecision,
    Decision,
    Decisions,
    Plan,
    Reason,
    SeriesEvaluation,
    Source,
    Summary,
)
from .dependencies import dependencies
from .freed import freed_by
from .judgement import Judgement
from .plan_warnings import warnings_of
from .protections import Lines, needed_protections, protect, sort_out
from .refusal import PolicyRefusal
from .rules.policy import Policy
from .rules.rule import NO_KEEPS
from .rules.setting import LocalTime, Setting, machine_time
from .slimming import resume_states


def make_plan(
    catalog: Catalog,
    policy: Policy | None,
    *,
    pins: Mapping[str, Pin] | None = None,
    marks: frozenset[str] = frozenset(),
    slim_marks: frozenset[str] = frozenset(),
    now: float,
    local_time: LocalTime = machine_time,
) -> Plan:
    """The plan of a policy on a catalog; without a policy everything stays but hand marks.

    `pins` default to those on disk; `marks` are ids, and paths of artifacts, that a person
    marked for deletion, `slim_marks` ids for slimming, of which deletion goes first; `now` is
    seconds since the epoch; `local_time` reads save times for the calendar rules. Raises
    PolicyRefusal when a rule asks for a metric that nobody has, or only as nan or infinity.
    """
    pins = catalog.pins if pins is None else pins
    if policy is not None and not policy.rules:
        policy = None  # a policy without rules asks for nothing; it never means "delete all"
    refuse_unknown_metrics(catalog, policy)
    lines = sort_out(catalog)
    evaluations = _evaluate(catalog, lines, policy, now, local_time)
    protections = protect(catalog, lines, policy, pins, now, evaluations)
    judgement = Judgement(catalog, policy, lines, protections, evaluations, marks, slim_marks)
    actions = judgement.actions()
    needed = needed_protections(
        catalog, dependencies(catalog), [action is not Action.DELETE for action in actions]
    )
    if needed:
        for place, more in needed.items():
            protections.setdefault(place, []).extend(more)
        actions = judgement.actions()
    files = decide_artifacts(catalog, policy, pins, now, marks)
    summary = summary_of(catalog, actions, files, judgement.metric_unknown(), len(lines.unsized))
    return Plan(
        catalog=catalog,
        policy=policy,
        decisions=Decisions(actions, judgement.decision, judgement.decisions, judgement.tiers),
        summary=summary,
        pins=pins,
        marks=marks,
        slim_marks=slim_marks,
        warnings=warnings_of(policy, judgement, summary),
        evaluations=evaluations,
        now=now,
        local_time=local_time,
        artifacts=files,
    )


def restrict(
    plan: Plan,
    ids: frozenset[str],
    files: frozenset[str] = frozenset(),
    slims: frozenset[str] = frozenset(),
) -> Plan:
    """The same plan, deleting and slimming only these: what a plan file asks for, no more.

    What the spared ones need stays as well, though it might have gone together with them.
    """
    spared = Reason(Source.PROTECTION, "not in plan file")
    wanted = {Action.DELETE: ids, Action.SLIM: slims}
    decisions = tuple(
        replace(decision, action=Action.KEEP, reasons=(spared, *decision.reasons))
        if decision.checkpoint.id not in wanted.get(decision.action, (decision.checkpoint.id,))
        else decision
        for decision in plan.decisions
    )
    artifacts = tuple(
        replace(one, action=Action.KEEP, reasons=(spared, *one.reasons))
        if one.action is Action.DELETE and one.artifact.path not in files
        else one
        for one in plan.artifacts
    )
    return with_decisions(plan, with_needed(plan.catalog, decisions), artifacts)


def with_needed(catalog: Catalog, decisions: tuple[Decision, ...]) -> tuple[Decision, ...]:
    """The same decisions, but that what stays by them keeps what it needs."""
    staying = [decision.action is not Action.DELETE for decision in decisions]
    needed = needed_protections(catalog, dependencies(catalog), staying)
    return tuple(
        replace(
            decision,
            action=Action.KEEP,
            reasons=(*(each.reason for each in needed[place]), *decision.reasons),
        )
        if place in needed and decision.action is not Action.KEEP
        else decision
        for place, decision in enumerate(decisions)
    )


def with_decisions(
    plan: Plan, decisions: tuple[Decision, ...], artifacts: tuple[ArtifactDecision, ...]
) -> Plan:
    """The same plan with other decisions on the same things, and the sums of these."""
    actions = [decision.action for decision in decisions]
    before = plan.summary
    summary = summary_of(plan.catalog, actions, artifacts, before.metric_unknown, before.unsized)
    return replace(plan, decisions=decisions, artifacts=artifacts, summary=summary)


def _evaluate(
    catalog: Catalog, lines: Lines, policy: Policy | None, now: float, local_time: LocalTime
) -> dict[str, SeriesEvaluation]:
    if policy is None:
        return {}
    logs = {series.id: series.metric_log for series in catalog.series}
    checkpoints = catalog.checkpoints
    found: dict[str, SeriesEvaluation] = {}
    for series, places in lines.series.items():
        alone = len(places) == len(checkpoints)
        items = checkpoints if alone else tuple([checkpoints[i] for i in places])
        setting = Setting(series, logs.get(series, NO_LOG), local_time, now)
        kept = tuple(
            rule.keeps(items, setting) if rule.sees(series) else NO_KEEPS for rule in policy.rules
        )
        found[series] = SeriesEvaluation(items, kept, setting)
    return found


def refuse_unknown_metrics(catalog: Catalog, policy: Policy | None) -> None:
    """PolicyRefusal when a rule asks for a metric that nobody has, or only as nan or infinity."""
    if policy is None or not catalog.checkpoints:
        return
    for i, rule in enumerate(policy.rules):
        for metric, _ in rule.metrics():
            if not _tells_something(metric, catalog):
                source = f"{policy.source}: " if policy.source else ""
                raise PolicyRefusal(
                    f"{source}{policy.field(i)}.{rule.metric_field(metric)}: "
                    f"{_why_not_known(metric, catalog)}"
                )


def _tells_something(metric: str, catalog: Catalog) -> bool:
    """Whether it is finite anywhere; the best such one stays, so a later plan finds it again."""
    return any(isfinite(one.metrics.get(metric, nan)) for one in catalog.checkpoints) or any(
        isfinite(value) for one in catalog.series for _, value in one.metric_log.get(metric, ())
    )


def _why_not_known(metric: str, catalog: Catalog) -> str:
    known = {name for one in catalog.checkpoints for name in one.metrics}
    if metric in known or any(metric in one.metric_log for one in catalog.series):
        return f"{metric!r} is nowhere finite in {catalog.root}, so it tells nothing apart"
    has = f"; known here: {', '.join(sorted(known))}" if known else ""
    return f"no checkpoint in {catalog.root} has the metric {metric!r}{has}"


def summary_of(
    catalog: Catalog,
    actions: list[Action],
    artifacts: Sequence[ArtifactDecision],
    metric_unknown: int,
    unsized: int,
) -> Summary:
    """The sums of what happens to each checkpoint, in catalog order, and to the artifacts."""
    delete = Action.DELETE  # looked up once: a member of an enum is slow to reach
    of_each = [one.measure for one in catalog.checkpoints]
    gone = [measure for measure, one in zip(of_each, actions, strict=True) if one is delete]
    files = [one.artifact for one in artifacts if one.action is delete]
    gone += [one.measure for one in files]
    slims = actions.count(Action.SLIM)
    if slims:
        gone += [one.measure for one in resume_states(catalog.checkpoints, actions)]
    measures = [measure for measure in of_each if measure is not None]
    measures += [one.artifact.measure for one in artifacts if one.artifact.measure is not None]
    return Summary(
        keep=actions.count(Action.KEEP),
        slim=slims,
        delete=actions.count(delete),
        total_bytes=sum([measure.disk for measure in measures]),
        total_apparent=sum([measure.apparent for measure in measures]),
        freed=freed_by([measure for measure in gone if measure is not None]),
        metric_unknown=metric_unknown,
        unsized=unsized,
        artifacts=len(files),
    )
