"""Random rules of every kind, and random runs: for properties that must hold whatever comes."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate

from hypothesis import strategies as st
from keepstep.policies.catalog.model import Catalog, Checkpoint
from keepstep.policies.decisions import Action, Plan
from keepstep.policies.plan import make_plan
from keepstep.policies.rules.best import BestRule
from keepstep.policies.rules.calendar import (
    DailyRule,
    HourlyRule,
    MonthlyRule,
    WeeklyRule,
    YearlyRule,
)
from keepstep.policies.rules.counts import FirstRule, LastRule
from keepstep.policies.rules.every_steps import EveryEpochsRule, EveryStepsRule
from keepstep.policies.rules.graduated import GraduatedRule
from keepstep.policies.rules.grid import ON_MISS
from keepstep.policies.rules.named import MatchRule, StepsRule
from keepstep.policies.rules.rule import Rule
from keepstep.policies.rules.setting import utc
from keepstep.policies.rules.threshold import Bound, ThresholdRule
from keepstep.policies.rules.within import WithinRule

from ..catalogs import NOW, catalog, checkpoint, policy

SMALL = st.integers(1, 12)
INTERVAL = st.integers(1, 900)


def _every(kind: type[Rule], interval: st.SearchStrategy[int]) -> st.SearchStrategy[Rule]:
    return interval.flatmap(
        lambda n: st.builds(kind, st.just(n), st.integers(0, n - 1), st.sampled_from(ON_MISS))
    )


VALUES = st.one_of(st.sampled_from([0.0, 0.5, 1.0]), st.floats(-2, 2))
MISSING = st.sampled_from(["keep", "drop"])
BOUNDS = st.builds(
    Bound,
    st.sampled_from(["loss", "acc"]),
    st.sampled_from(["max", "min"]),
    VALUES,
    st.integers(1, 4),
)
GRADUATED = st.builds(GraduatedRule, st.integers(2, 20), st.integers(1, 20), INTERVAL)
CALENDAR: st.SearchStrategy[Rule] = st.one_of(
    *(st.builds(kind, SMALL) for kind in (HourlyRule, DailyRule, WeeklyRule, MonthlyRule)),
    st.builds(YearlyRule, st.integers(1, 3)),
    st.builds(WithinRule, st.integers(1, 10**7).map(float)),
)
# Of these, each looks at what a bucket or an order holds: pruning early changes nothing.
SCHEDULE_FREE: st.SearchStrategy[Rule] = st.one_of(
    st.builds(LastRule, SMALL),
    st.builds(FirstRule, SMALL),
    _every(EveryStepsRule, INTERVAL),
    _every(EveryEpochsRule, SMALL),
    st.builds(BestRule, st.just("loss"), st.sampled_from(["min", "max"]), SMALL, MISSING),
    st.builds(
        ThresholdRule,
        st.lists(BOUNDS, min_size=1, max_size=2, unique_by=lambda b: b.metric).map(tuple),
        MISSING,
    ),
    st.builds(StepsRule, st.lists(st.integers(0, 3000), min_size=1, max_size=4).map(tuple)),
    st.builds(MatchRule, st.sampled_from([("*0",), ("checkpoint-1*", "*-v1")])),
    CALENDAR,
)
# Which are as good as the best depends on the best so far.
BEST_WITHIN = st.builds(
    BestRule, st.just("loss"), st.sampled_from(["min", "max"]), SMALL, MISSING, st.floats(0.01, 1)
)
ANY_RULE: st.SearchStrategy[Rule] = st.one_of(SCHEDULE_FREE, GRADUATED, BEST_WITHIN)
RULES = st.lists(ANY_RULE, min_size=1, max_size=4)

METRIC = st.one_of(
    st.none(), st.sampled_from([0.0, 0.5, 1.0]), st.floats(allow_nan=True, allow_infinity=True)
)
GAPS = st.one_of(st.just(100), st.integers(0, 400))  # 0: the same step twice
HOURS = st.one_of(st.just(1.0), st.floats(0.01, 2000))


@st.composite
def runs(draw: st.DrawFn, *, orderly: bool = False) -> list[Checkpoint]:
    """The checkpoints of one series; an orderly one was saved in the order of its steps."""
    gaps = draw(st.lists(GAPS, min_size=1, max_size=40))
    size = len(gaps)
    hours = draw(st.lists(HOURS, min_size=size, max_size=size))
    times = [NOW - 3600 * (sum(hours) - past) for past in accumulate(hours)]
    if not orderly and draw(st.booleans()):
        odd = st.sampled_from([0.0, NOW - 5 * 86400, NOW + 86400 * 400])
        times = [draw(st.one_of(st.just(time), odd)) for time in times]
    items = []
    for i, step in enumerate(accumulate(gaps)):
        metrics = {"loss": draw(METRIC), "acc": draw(METRIC)}
        known = {name: value for name, value in metrics.items() if value is not None}
        one = checkpoint(step, epoch=step / 300, metrics=known, saved_at=times[i])
        items.append(replace(one, id=f"{one.id}-v{i}") if gaps[i] == 0 and i else one)
    return items


def run_of(items: list[Checkpoint]) -> Catalog:
    """A catalog of these, with a log that always knows both metrics."""
    log = {name: [(step, step % 7 / 5) for step in range(0, 5000, 50)] for name in ("loss", "acc")}
    return catalog(items, log=log)


def plan_of(items: list[Checkpoint], rules: list[Rule]) -> Plan:
    """The plan of these rules, in UTC."""
    return make_plan(run_of(items), policy(*rules), now=NOW, local_time=utc)


def left_by(items: list[Checkpoint], rules: list[Rule]) -> list[Checkpoint]:
    """What stays."""
    return [d.checkpoint for d in plan_of(items, rules).decisions if d.action is Action.KEEP]
