"""Catalogs made of numbers, for tests of rules and plans that need no disk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from keepstep.policies.catalog.model import (
    Catalog,
    Checkpoint,
    Kind,
    Measure,
    Member,
    MetricLog,
    Series,
    State,
)
from keepstep.policies.decisions import Action, Plan
from keepstep.policies.explain import Explainer
from keepstep.policies.plan import make_plan
from keepstep.policies.rules.policy import Policy
from keepstep.policies.rules.rule import Rule

NOW = 1_763_806_800.0
GIGABYTE = 1_000_000_000


def checkpoint(
    step: int | None,
    *,
    epoch: float | None = None,
    family: str = "checkpoint-*",
    metrics: Mapping[str, float] | None = None,
    state: State = State.COMPLETE,
    saved_at: float | None = None,
    pointed_to_by: tuple[str, ...] = (),
) -> Checkpoint:
    """One sized checkpoint; saved in the order of its step unless told otherwise."""
    number = step if step is not None else epoch
    name = family.replace("*", f"{number:g}" if isinstance(number, float) else str(number))
    saved = NOW - 10_000_000 + (number or 0) if saved_at is None else saved_at
    return Checkpoint(
        id=name,
        series=family,
        layout="test",
        members=(Member(name, Kind.DIRECTORY),),
        step=step,
        epoch=epoch,
        metrics=metrics or {},
        state=state,
        measure=Measure(GIGABYTE, GIGABYTE, 3, int(saved * 1e9), f"identity-{name}"),
        pointed_to_by=pointed_to_by,
    )


def catalog(
    checkpoints: Iterable[Checkpoint], *, log: MetricLog | None = None, root: str = "/runs/amy"
) -> Catalog:
    """A catalog in scan order: by series, then oldest to newest; all series share the log."""
    ordered = sorted(checkpoints, key=lambda one: (one.series, one.number or 0, one.id))
    names = dict.fromkeys(one.series for one in ordered)
    series = tuple(
        Series(name, "test", "", "step", sum(one.series == name for one in ordered), log or {})
        for name in names
    )
    return Catalog(root=root, series=series, checkpoints=tuple(ordered))


def steps_catalog(steps: Iterable[int]) -> Catalog:
    """One series with these steps."""
    return catalog(checkpoint(step) for step in steps)


def policy(*rules: Rule) -> Policy:
    """A policy of these rules."""
    return Policy("test", rules, source="test")


def kept_steps(plan: Plan) -> list[int | float | None]:
    """The numbers that stay."""
    return [d.checkpoint.number for d in plan.decisions if d.action is not Action.DELETE]


def reasons_of(plan: Plan, step: int) -> list[str]:
    """Every reason of one step, in words."""
    decision = next(d for d in plan.decisions if d.checkpoint.step == step)
    return [one.text for one in Explainer(plan).reasons(decision)]


def saved(times: Mapping[int, str]) -> Catalog:
    """One series of steps saved at these times: "2026-03-05 14:00", in UTC."""
    return catalog(
        checkpoint(step, saved_at=datetime.fromisoformat(f"{text}+00:00").timestamp())
        for step, text in times.items()
    )


def survivors(steps: Iterable[int], *rules: Rule) -> set[int]:
    """The steps that one plan with these rules leaves."""
    plan = make_plan(steps_catalog(set(steps)), policy(*rules), now=NOW)
    return {d.checkpoint.step or 0 for d in plan.decisions if d.action is not Action.DELETE}
