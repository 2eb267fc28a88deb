"""`hourly`, `daily`, `weekly`, `monthly`, `yearly: n`: the newest of each of the last n periods.

Periods are those of local time; empty ones are not counted. Where there are fewer than n, the
oldest checkpoint stays too, so that history grows until the rule is filled. A checkpoint whose
save time cannot be true belongs to no period, and stays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Self

from ..catalog.model import Checkpoint
from ..late_dataclass import dataclass
from .fields import count
from .rule import Facts, Misses, Rule
from .setting import NOWHERE, Setting
from .wording import NO_TIME, own_name

_NO_TIME: Facts = {"no_time": True}


@dataclass(frozen=True, slots=True)
class _CalendarRule(Rule):
    n: int
    period: ClassVar[str]
    spelling: ClassVar[str]  # strftime of a period; equal text is the same period

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        return cls(count(value, where))

    def value(self) -> int:
        return self.n

    def _sentence(self) -> str:
        if self.n == 1:
            return f"the newest of the last {self.period}"
        return f"the newest of each of the last {self.n} {self.period}s with a save"

    def _label(self) -> str:
        return f"{self.kind} {self.n}"

    def _period(self, time: float, setting: Setting) -> str:
        return setting.local_time(time).strftime(self.spelling)

    def keeps(self, items: Sequence[Checkpoint], setting: Setting = NOWHERE) -> Mapping[int, Facts]:
        times = setting.save_times(items)
        order = setting.in_order_of_time(items)
        newest = self._newest(times, order, setting)
        kept: dict[int, Facts] = {
            i: {"rank": rank, "period": period}
            for rank, (period, i) in enumerate(newest.items(), start=1)
        }
        if order and len(newest) < self.n:
            kept.setdefault(min(order), {"oldest": True, "periods": len(newest)})
        if len(order) < len(times):
            kept |= {i: _NO_TIME for i, time in enumerate(times) if time is None}
        return kept

    def _newest(
        self, times: Sequence[float | None], order: Sequence[int], setting: Setting
    ) -> dict[str, int]:
        """The greatest position of each of the last n periods, from the last one back."""

        def period_at(place: int) -> str:
            return self._period(times[order[place]] or 0, setting)

        newest: dict[str, int] = {}
        last = len(order) - 1
        while last >= 0:
            period = period_at(last)
            if period not in newest and len(newest) == self.n:
                break
            first = _first_of_run(last, period, period_at)
            greatest = max(order[first : last + 1])
            newest[period] = max(greatest, newest.get(period, greatest))
            last = first - 1
        return newest

    def words(self, facts: Facts) -> str:
        if "no_time" in facts:
            return NO_TIME
        if "oldest" in facts:
            return f"oldest; {self.kind} has {facts['periods']} of {self.n}"
        return f"{self.kind} #{facts['rank']}: newest of {facts['period']}"

    def misses(
        self, items: Sequence[Checkpoint], kept: Mapping[int, Facts], setting: Setting = NOWHERE
    ) -> Misses:
        keepers = {facts["period"]: items[i] for i, facts in kept.items() if "period" in facts}

        def miss(position: int) -> str | None:
            time = setting.save_time(items[position])
            if time is None:
                return None
            period = self._period(time, setting)
            if period in keepers:
                return f"{self.kind} keeps {own_name(keepers[period])} of {period}"
            return f"saved in {period}; {self.kind} keeps the last {self.n} {self.period}s"

        return miss

    def covers(self, other: Rule) -> bool:
        return isinstance(other, type(self)) and other.n <= self.n


def _first_of_run(last: int, period: str, period_at: Callable[[int], str]) -> int:
    """Where a period begins, found in leaps: spelling every local time would take too long."""
    known, leap = last, 1
    while last - leap >= 0 and period_at(last - leap) == period:
        known, leap = last - leap, 2 * leap
    before = max(last - leap, -1)
    while known - before > 1:
        middle = (known + before) // 2
        known, before = (middle, before) if period_at(middle) == period else (known, middle)
    return known


@dataclass(frozen=True, slots=True)
class HourlyRule(_CalendarRule):
    """One an hour; the hour that a clock change repeats is two."""

    kind: ClassVar[str] = "hourly"
    period: ClassVar[str] = "hour"
    spelling: ClassVar[str] = "%Y-%m-%d %H:00 %z"


@dataclass(frozen=True, slots=True)
class DailyRule(_CalendarRule):
    """One a day."""

    kind: ClassVar[str] = "daily"
    period: ClassVar[str] = "day"
    spelling: ClassVar[str] = "%Y-%m-%d"


@dataclass(frozen=True, slots=True)
class WeeklyRule(_CalendarRule):
    """One a week, from Monday to Sunday."""

    kind: ClassVar[str] = "weekly"
    period: ClassVar[str] = "week"
    spelling: ClassVar[str] = "%G-W%V"


@dataclass(frozen=True, slots=True)
class MonthlyRule(_CalendarRule):
    """One a month."""

    kind: ClassVar[str] = "monthly"
    period: ClassVar[str] = "month"
    spelling: ClassVar[str] = "%Y-%m"


@dataclass(frozen=True, slots=True)
class YearlyRule(_CalendarRule):
    """One a year."""

    kind: ClassVar[str] = "yearly"
    period: ClassVar[str] = "year"
    spelling: ClassVar[str] = "%Y"
