"""Rules by time: periods of local time, counted from the newest checkpoint and never from now."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from keepstep.policies.plan import make_plan
from keepstep.policies.rules.calendar import (
    DailyRule,
    HourlyRule,
    MonthlyRule,
    WeeklyRule,
    YearlyRule,
)
from keepstep.policies.rules.rule import Rule
from keepstep.policies.rules.setting import utc
from keepstep.policies.rules.within import WithinRule

from ..catalogs import NOW, catalog, checkpoint, kept_steps, policy, reasons_of, saved

DAY = 86_400.0
THREE_DAYS = {
    1: "2025-03-03 09:00",
    2: "2025-03-03 18:00",
    3: "2025-03-05 08:10",
    4: "2025-03-05 08:50",
    5: "2025-03-06 01:00",
}
CASES: dict[str, tuple[dict[int, str], Rule, list[int]]] = {
    "the newest of each day": (THREE_DAYS, DailyRule(3), [2, 4, 5]),
    "only the last days": (THREE_DAYS, DailyRule(2), [4, 5]),
    "empty days are not counted": (THREE_DAYS, DailyRule(3), [2, 4, 5]),
    "the oldest stays while there are too few": (THREE_DAYS, DailyRule(4), [1, 2, 4, 5]),
    "one hour twice": (THREE_DAYS, HourlyRule(3), [2, 4, 5]),
    "weeks begin on Monday": (
        {1: "2025-03-02 12:00", 2: "2025-03-03 12:00", 3: "2025-03-09 12:00"},
        WeeklyRule(2),
        [1, 3],
    ),
    "a week of two years is one week": (
        {1: "2024-12-30 12:00", 2: "2025-01-02 12:00", 3: "2025-01-07 12:00"},
        WeeklyRule(2),
        [2, 3],
    ),
    "months": (
        {1: "2025-01-31 12:00", 2: "2025-02-01 12:00", 3: "2025-02-28 12:00"},
        MonthlyRule(2),
        [1, 3],
    ),
    "years": (
        {1: "2023-06-01 12:00", 2: "2024-06-01 12:00", 3: "2025-06-01 12:00"},
        YearlyRule(2),
        [2, 3],
    ),
    "within": (THREE_DAYS, WithinRule(DAY), [3, 4, 5]),
    "within is a length, not a calendar": (
        THREE_DAYS,
        WithinRule(2 * DAY + 8 * 3600),
        [2, 3, 4, 5],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_times_in_steps_out(case: str):
    times, rule, expected = CASES[case]
    plan = make_plan(saved(times), policy(rule), now=NOW, local_time=utc)
    assert kept_steps(plan) == expected


def test_a_day_ends_at_midnight_of_the_zone_that_is_given():
    berlin = ZoneInfo("Europe/Berlin")
    run = saved({1: "2025-03-03 22:00", 2: "2025-03-03 23:30", 3: "2025-03-04 22:30"})
    plan = make_plan(
        run,
        policy(DailyRule(2)),
        now=NOW,
        local_time=lambda seconds: datetime.fromtimestamp(seconds, berlin),
    )
    assert kept_steps(plan) == [1, 3]  # in UTC it would be 2 and 3
    assert reasons_of(plan, 2) == ["daily keeps checkpoint-3 of 2025-03-04"]


def test_the_hour_that_a_clock_change_repeats_is_two_hours():
    berlin = ZoneInfo("Europe/Berlin")
    run = saved({1: "2024-10-27 00:30", 2: "2024-10-27 01:30", 3: "2024-10-27 05:00"})
    local = {"local_time": lambda seconds: datetime.fromtimestamp(seconds, berlin)}
    assert kept_steps(make_plan(run, policy(HourlyRule(3)), now=NOW, **local)) == [1, 2, 3]


@pytest.mark.parametrize("rule", [DailyRule(1), WithinRule(DAY)])
def test_a_time_that_cannot_be_true_costs_nothing(rule: Rule):
    run = catalog(
        [
            checkpoint(1, saved_at=0),
            checkpoint(2, saved_at=NOW + 30 * DAY),
            checkpoint(3, saved_at=NOW - 9 * DAY),
            checkpoint(4, saved_at=NOW),
        ]
    )
    plan = make_plan(run, policy(rule), now=NOW)
    assert kept_steps(plan) == [1, 2, 4]
    assert reasons_of(plan, 1) == ["its save time cannot be true, so no rule by time may drop it"]


def test_within_counts_from_the_newest_however_long_ago_that_was():
    run = saved({1: "2020-01-01 00:00", 2: "2020-01-09 00:00", 3: "2020-01-10 00:00"})
    assert kept_steps(make_plan(run, policy(WithinRule(7 * DAY)), now=NOW)) == [2, 3]


def test_an_implausible_newest_is_no_anchor():
    run = catalog(
        [
            checkpoint(1, saved_at=NOW - 9 * DAY),
            checkpoint(2, saved_at=NOW - DAY),
            checkpoint(3, saved_at=0),
        ]
    )
    assert kept_steps(make_plan(run, policy(WithinRule(2 * DAY)), now=NOW)) == [2, 3]


REASONS: dict[str, tuple[Rule, int, str]] = {
    "daily keeps": (DailyRule(2), 4, "daily #2: newest of 2025-03-05"),
    "daily misses within a day": (DailyRule(2), 3, "daily keeps checkpoint-4 of 2025-03-05"),
    "daily misses older days": (
        DailyRule(2),
        1,
        "saved in 2025-03-03; daily keeps the last 2 days",
    ),
    "the oldest": (DailyRule(9), 1, "oldest; daily has 3 of 9"),
    "hourly keeps": (HourlyRule(2), 4, "hourly #2: newest of 2025-03-05 08:00 +0000"),
    "hourly misses within an hour": (
        HourlyRule(2),
        3,
        "hourly keeps checkpoint-4 of 2025-03-05 08:00 +0000",
    ),
    "hourly misses older hours": (
        HourlyRule(2),
        1,
        "saved in 2025-03-03 09:00 +0000; hourly keeps the last 2 hours",
    ),
    "weekly keeps": (WeeklyRule(1), 5, "weekly #1: newest of 2025-W10"),
    "weekly misses": (WeeklyRule(1), 4, "weekly keeps checkpoint-5 of 2025-W10"),
    "monthly keeps": (MonthlyRule(1), 5, "monthly #1: newest of 2025-03"),
    "the oldest of a month": (MonthlyRule(2), 1, "oldest; monthly has 1 of 2"),
    "yearly keeps": (YearlyRule(1), 5, "yearly #1: newest of 2025"),
    "the oldest of a year": (YearlyRule(2), 1, "oldest; yearly has 1 of 2"),
    "monthly misses": (MonthlyRule(1), 1, "monthly keeps checkpoint-5 of 2025-03"),
    "yearly misses": (YearlyRule(1), 1, "yearly keeps checkpoint-5 of 2025"),
    "within keeps": (WithinRule(DAY), 4, "within 1d of the newest"),
    "within misses": (WithinRule(DAY), 1, "saved 2.7d before the newest; within 1d is kept"),
}


@pytest.mark.parametrize("case", REASONS)
def test_reasons_in_words(case: str):
    rule, step, words = REASONS[case]
    plan = make_plan(saved(THREE_DAYS), policy(rule), now=NOW, local_time=utc)
    assert reasons_of(plan, step)[-1] == words
