"""`within: 7d`: everything saved in the last days before the newest checkpoint.

It counts back from the newest of the series, never from now: a run that has stopped does not age
to nothing. A checkpoint whose save time cannot be true (1970, the future) stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

from ..catalog.model import Checkpoint
from ..late_dataclass import dataclass
from ..units import format_duration
from .fields import duration
from .rule import NO_FACTS, Facts, Misses, Rule
from .setting import NOWHERE, Setting
from .wording import NO_TIME, span

_NO_TIME: Facts = {"no_time": True}


@dataclass(frozen=True, slots=True)
class WithinRule(Rule):
    """Keeps what was saved less than this many seconds before the newest."""

    kind: ClassVar[str] = "within"
    seconds: float

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        return cls(duration(value, where, positive=True))

    def value(self) -> str:
        return format_duration(self.seconds)

    def _sentence(self) -> str:
        return f"everything within {self.value()} of the newest"

    def _label(self) -> str:
        return f"within {self.value()}"

    def keeps(self, items: Sequence[Checkpoint], setting: Setting = NOWHERE) -> Mapping[int, Facts]:
        times = setting.save_times(items)
        since = _newest(times) - self.seconds
        return {
            i: _NO_TIME if time is None else NO_FACTS
            for i, time in enumerate(times)
            if time is None or time > since
        }

    def words(self, facts: Facts) -> str:
        return NO_TIME if "no_time" in facts else f"within {self.value()} of the newest"

    def misses(
        self, items: Sequence[Checkpoint], kept: Mapping[int, Facts], setting: Setting = NOWHERE
    ) -> Misses:
        newest = _newest(setting.save_times(items))

        def miss(position: int) -> str | None:
            time = setting.save_time(items[position])
            if time is None:
                return None
            return f"saved {span(newest - time)} before the newest; within {self.value()} is kept"

        return miss

    def covers(self, other: Rule) -> bool:
        return isinstance(other, WithinRule) and other.seconds <= self.seconds


def _newest(times: Sequence[float | None]) -> float:
    """The save time of the greatest step, or the latest there is where that one cannot be true."""
    if times and times[-1] is not None:
        return times[-1]
    return max((time for time in times if time is not None), default=0.0)
