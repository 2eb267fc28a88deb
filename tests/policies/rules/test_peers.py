"""The same inputs to other tools' rules and to ours; every difference is deliberate, and named."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keepstep.policies import Refusal
from keepstep.policies.rules.best import BestRule
from keepstep.policies.rules.calendar import (
    DailyRule,
    HourlyRule,
    MonthlyRule,
    WeeklyRule,
    YearlyRule,
)
from keepstep.policies.rules.counts import LastRule
from keepstep.policies.rules.every_steps import EveryStepsRule
from keepstep.policies.rules.rule import Rule
from keepstep.policies.rules.schema import parse_policy
from keepstep.policies.rules.within import WithinRule

from ..catalogs import checkpoint, survivors
from . import peers

STEPS = st.sets(st.integers(0, 5000), min_size=1, max_size=60).map(sorted)
N = st.integers(1, 20)


@given(STEPS, N)
def test_last_is_latest_n_and_max_to_keep(steps: list[int], n: int):
    assert survivors(steps, LastRule(n)) == peers.orbax_latest(steps, n)
    assert survivors(steps, LastRule(n)) == peers.tensorflow_max_to_keep(steps, n)


@given(STEPS, st.integers(1, 900))
def test_exact_grids_are_every_n_steps_and_the_newest(steps: list[int], interval: int):
    ours = survivors(steps, EveryStepsRule(interval, on_miss="none"))
    assert ours == peers.orbax_every(steps, interval) | {steps[-1]}


@given(STEPS, st.integers(1, 900))
def test_our_own_grid_keeps_every_exact_multiple_too(steps: list[int], interval: int):
    assert peers.orbax_every(steps, interval) <= survivors(steps, EveryStepsRule(interval))


@given(STEPS, st.integers(1, 450).map(lambda n: 2 * n + 1))  # odd: nothing lies half way
def test_closest_is_every_n_steps_closest(steps: list[int], interval: int):
    ours = survivors(steps, EveryStepsRule(interval, on_miss="closest"))
    assert ours == peers.orbax_closest(steps, interval)


METRICS = st.dictionaries(
    st.integers(0, 500), st.one_of(st.none(), st.floats(-9, 9)), min_size=1, max_size=40
).map(lambda values: dict(sorted(values.items())))


def _kept(rule: Rule, values: dict[int, float | None]) -> set[int | None]:
    items = [checkpoint(s, metrics={} if v is None else {"m": v}) for s, v in values.items()]
    return {items[i].step for i in rule.keeps(items)}


@given(METRICS, N)
def test_best_is_best_n(values: dict[int, float | None], n: int):
    assert _kept(BestRule("m", "max", n), values) == peers.orbax_best(values, n)


@given(st.lists(st.floats(-9, 9), min_size=1, max_size=40, unique=True), N)
def test_best_is_save_top_k(values: list[float], k: int):
    by_step = dict(enumerate(values))
    assert _kept(BestRule("m", "min", k), dict(by_step)) == peers.lightning_top_k(by_step, k)


CALENDAR: dict[str, type[Rule]] = {
    "hourly": HourlyRule,
    "daily": DailyRule,
    "weekly": WeeklyRule,
    "monthly": MonthlyRule,
    "yearly": YearlyRule,
}
BEGIN = datetime(2019, 1, 1, 11, tzinfo=UTC)


def _by_calendar(times: list[datetime], counts: dict[str, int]) -> set[datetime]:
    items = [checkpoint(i, saved_at=time.timestamp()) for i, time in enumerate(times)]
    rules = [CALENDAR[kind](n) for kind, n in counts.items()]
    return {times[i] for rule in rules for i in rule.keeps(items)}


@given(
    st.sets(st.integers(0, 3 * 365 * 24 * 4), min_size=1, max_size=80).map(sorted),
    st.dictionaries(st.sampled_from([*CALENDAR]), st.integers(1, 40), min_size=1),
)
def test_calendar_rules_are_those_of_restic(quarters: list[int], counts: dict[str, int]):
    times = [BEGIN + timedelta(minutes=15 * quarter) for quarter in quarters]
    assert _by_calendar(times, counts) == peers.restic_forget(times, counts)


def test_published_twelve_sundays():
    sundays = [datetime(2019, 9, 1, 11, tzinfo=UTC) + timedelta(weeks=i) for i in range(12)]
    assert _by_calendar(sundays, {"daily": 4}) == set(sundays[-4:])


def test_published_a_hundred_years_of_days():
    days = [datetime(1920, 1, 1, 23, tzinfo=UTC) + timedelta(days=i) for i in range(36_524)]
    recent = [day for day in days if day.year >= 2000]  # earlier save times cannot be true
    counts = {"daily": 7, "weekly": 5, "monthly": 12, "yearly": 75}
    ours = _by_calendar(recent, counts)
    assert ours == peers.restic_forget(recent, counts)
    assert recent[-7:] == sorted(ours)[-7:]
    assert sum(day.isoweekday() == 7 for day in ours) >= 4


DIFFERENCES = {
    "NaN: they sort it anywhere, we never call it best": lambda: (
        _kept(BestRule("m", "max", 1), {1: 0.5, 2: math.nan, 3: 0.1}) == {1}
    ),
    "NaN while slots are free: Lightning keeps it, we do not": lambda: (
        peers.lightning_top_k({1: math.nan, 2: 0.5}, 2) == {1, 2}
        and _kept(BestRule("m", "min", 2), {1: math.nan, 2: 0.5}) == {2}
    ),
    "equal values: Lightning keeps the earlier, we the newer": lambda: (
        peers.lightning_top_k({1: 0.5, 2: 0.5}, 1) == {1}
        and _kept(BestRule("m", "min", 1), {1: 0.5, 2: 0.5}) == {2}
    ),
    "the newest: Orbax's BestN may delete it, no rule of ours can": lambda: (
        peers.orbax_every([100, 150], 100) == {100}
        and survivors([100, 150], EveryStepsRule(100, on_miss="none")) == {100, 150}
    ),
    "a gap: their exact grid keeps nothing there, ours the last before it": lambda: (
        peers.orbax_every([100, 190, 300], 100) == {100, 300}
        and survivors([100, 190, 300], EveryStepsRule(100)) == {100, 190, 300}
    ),
    "half way: Orbax goes to the even mark, we go up": lambda: (
        peers.orbax_closest([50, 1000], 100) == {50, 1000}
        and peers.orbax_closest([50, 120, 1000], 100) == {50, 120, 1000}
        and survivors([50, 120, 1000], EveryStepsRule(100, on_miss="closest")) == {120, 1000}
    ),
    "every few hours: TensorFlow counts from the last one kept, ours from the clock": lambda: (
        peers.tensorflow_every_hours({1: 0.0, 2: 0.9, 3: 1.8, 4: 2.7}, 1, 1.0) == {1, 3, 4}
        and _by_calendar([BEGIN + timedelta(hours=0.9 * i) for i in range(4)], {"hourly": 9})
        == {BEGIN + timedelta(hours=0.9 * i) for i in range(4)}
    ),
    "a stopped run: Orbax's LatestDuration counts from now, ours from the newest": lambda: (
        len(WithinRule(7 * 86400).keeps([checkpoint(i, saved_at=1e9 + i) for i in (1, 2)])) == 2
    ),
}


@pytest.mark.parametrize("difference", DIFFERENCES)
def test_deliberate_differences(difference: str):
    assert DIFFERENCES[difference]()


@pytest.mark.parametrize("rule", ["last: 0", "best: {metric: loss, count: 0}", "last: -1"])
def test_what_keeps_nothing_or_everything_there_is_refused_here(rule: str):
    with pytest.raises(Refusal, match="must be at least 1"):
        parse_policy(f"keep:\n  - {rule}", "p.yaml")
