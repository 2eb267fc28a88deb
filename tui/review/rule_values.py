"""The values in a rule that `+` and `-` change, and by which steps.

Counts go one by one and faster when they are large, intervals by 1, 2, 5, 10, times by what
people say. Going up and down again ends where it began, once on such a step.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain

from ...policies.late_dataclass import dataclass
from ...policies.rules.best import BestRule
from ...policies.rules.calendar import DailyRule, HourlyRule, MonthlyRule, WeeklyRule, YearlyRule
from ...policies.rules.counts import FirstRule, LastRule
from ...policies.rules.every_steps import EveryEpochsRule, EveryStepsRule
from ...policies.rules.graduated import GraduatedRule
from ...policies.rules.rule import Rule
from ...policies.rules.threshold import ThresholdRule
from ...policies.rules.within import WithinRule

_HOUR, _DAY = 3600.0, 86400.0
_TIMES = (
    *(_HOUR * hours for hours in (1, 2, 3, 6, 12)),
    *(_DAY * halves / 2 for halves in (2, 3)),
    *(_DAY * days for days in range(2, 30)),
    *(_DAY * days for days in (30, 45, 60, 90, 120, 180, 365, 730)),
)
_COUNT_STEPS = ((30, 1), (100, 5), (500, 10), (math.inf, 50))  # below the first, by the second
_CALENDAR = (HourlyRule, DailyRule, WeeklyRule, MonthlyRule, YearlyRule)
Set = Callable[[bool], Rule]  # the rule with this value one step up, or down


@dataclass(frozen=True, slots=True)
class Value:
    """One number of a rule."""

    text: str  # as it stands in the rule's label
    stepped: Set

    def place(self, label: str, start: int = 0) -> tuple[int, int]:
        """Where it stands in the label, not before `start`; an empty place if nowhere."""
        found = re.compile(rf"(?<![\w.]){re.escape(self.text)}(?![\w.])").search(label, start)
        return found.span() if found else (start, start)


def values_of(rule: Rule) -> tuple[Value, ...]:
    """Every value that can be changed, in the order of the label; none where names decide."""
    if isinstance(rule, (LastRule, FirstRule, *_CALENDAR)):
        return (Value(str(rule.n), lambda up: replace(rule, n=count_step(rule.n, up))),)
    if isinstance(rule, EveryStepsRule):
        return (Value(f"{rule.interval}", lambda up: _every(rule, interval_step, up)),)
    if isinstance(rule, EveryEpochsRule):
        return (Value(f"{rule.interval}", lambda up: _every(rule, count_step, up)),)
    if isinstance(rule, GraduatedRule):
        return tuple(_graduated(rule))
    if isinstance(rule, BestRule):
        return (Value(str(rule.count), lambda up: replace(rule, count=count_step(rule.count, up))),)
    if isinstance(rule, WithinRule):
        seconds = rule.seconds
        return (Value(str(rule.value()), lambda up: replace(rule, seconds=time_step(seconds, up))),)
    if isinstance(rule, ThresholdRule):
        return tuple(_bounds(rule))
    return ()


def _every(
    rule: EveryStepsRule | EveryEpochsRule, step: Callable[[int, bool], int], up: bool
) -> Rule:
    interval = step(rule.interval, up)
    return rule if interval <= rule.offset else replace(rule, interval=interval)


def _graduated(rule: GraduatedRule) -> Iterator[Value]:
    yield Value(str(rule.last), lambda up: replace(rule, last=count_step(rule.last, up, least=2)))
    yield Value(
        str(rule.tier2_count),
        lambda up: replace(rule, tier2_count=count_step(rule.tier2_count, up)),
    )
    yield Value(
        str(rule.tier3_interval),
        lambda up: replace(rule, tier3_interval=interval_step(rule.tier3_interval, up)),
    )


def _bounds(rule: ThresholdRule) -> Iterator[Value]:
    for i, bound in enumerate(rule.bounds):

        def stepped(up: bool, i: int = i) -> Rule:
            bounds = list(rule.bounds)
            bounds[i] = replace(bounds[i], limit=limit_step(bounds[i].limit, up))
            return replace(rule, bounds=tuple(bounds))

        yield Value(f"{bound.limit:g}", stepped)


def count_step(count: int, up: bool, *, least: int = 1) -> int:
    """20 -> 21, 30 -> 35, 100 -> 110; and back."""
    size = next(step for limit, step in _COUNT_STEPS if (count if up else count - 1) < limit)
    after = (count // size + 1) * size if up else (-(-count // size) - 1) * size
    return max(least, after)


def interval_step(interval: int, up: bool) -> int:
    """1000 -> 2000 -> 5000 -> 10000; and back."""
    powers = (int("1" + "0" * zeros) for zeros in range(len(str(interval)) + 1))
    ladder = chain.from_iterable((power, 2 * power, 5 * power) for power in powers)
    if up:
        return next(step for step in ladder if step > interval)
    return max((step for step in ladder if step < interval), default=1)


def time_step(seconds: float, up: bool) -> float:
    """12h -> 1d -> 36h -> 2d -> 3d; and back."""
    if up:
        return next((time for time in _TIMES if time > seconds), seconds)
    return max((time for time in _TIMES if time < seconds), default=seconds)


def limit_step(limit: float, up: bool) -> float:
    """One in the second figure: 0.15 -> 0.16, 2.4 -> 2.5."""
    if not limit:
        return 0.01 if up else -0.01
    away = up == (limit > 0)  # from zero
    figure = math.floor(math.log10(abs(limit)) - (0 if away else 1e-9))
    size = 10.0 ** (figure - 1)
    return float(f"{(round(limit / size) + (1 if up else -1)) * size:.6g}")
