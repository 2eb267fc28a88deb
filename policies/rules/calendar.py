"""`hourly`, `daily`, `weekly`, `monthly`, `yearly: n`: the newest of each of the last n periods.

Periods are those of local time; empty ones are not counted. Where there are fewer than n, the
oldest checkpoint stays too, so that history grows until the rule is filled. A checkpoint whose
save time cannot be true belongs to no period, and stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Self

from ..catalog.model import Checkpoint
from .fields import count
from .rule import Facts, Misses, Rule
from .setting import NOWHERE, Setting
from .wording import NO_TIME, own_name


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

    def _period(self, local: datetime) -> str:
        return local.strftime(self.spelling)

    def keeps(self, items: Sequence[Checkpoint], setting: Setting = NOWHERE) -> Mapping[int, Facts]:
        times = [setting.save_time(item) for item in items]
        kept: dict[int, Facts] = {i: {"no_time": True} for i, t in enumerate(times) if t is None}
        timed = [(time, i) for i, time in enumerate(times) if time is not None]
        newest: dict[str, int] = {}  # period -> position, from the last period back
        for time, i in sorted(timed, reverse=True):
            period = self._period(setting.local_time(time))
            if period not in newest and len(newest) == self.n:
                break
            newest[period] = max(i, newest.get(period, i))
        for rank, (period, i) in enumerate(newest.items(), start=1):
            kept[i] = {"rank": rank, "period": period}
        if timed and len(newest) < self.n:
            oldest = min(i for _, i in timed)
            kept.setdefault(oldest, {"oldest": True, "periods": len(newest)})
        return kept

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
            period = self._period(setting.local_time(time))
            if period in keepers:
                return f"{self.kind} keeps {own_name(keepers[period])} of {period}"
            return f"saved in {period}; {self.kind} keeps the last {self.n} {self.period}s"

        return miss

    def covers(self, other: Rule) -> bool:
        return isinstance(other, type(self)) and other.n <= self.n


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
