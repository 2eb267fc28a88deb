"""What a rule may know besides the checkpoints of its series; given to it, never looked up.

The time of the plan serves only to tell that a save time cannot be true; no rule counts from it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from operator import le

from ..catalog.model import Checkpoint, MetricLog, no_log
from ..catalog.save_times import PLAUSIBLE_SINCE

LocalTime = Callable[[float], datetime]

_AHEAD = 86_400.0  # seconds: clocks of other machines, and times copied without their zone


def utc(seconds: float) -> datetime:
    """A time in UTC: what is "local" where nothing else is said."""
    return datetime.fromtimestamp(seconds, UTC)


def machine_time(seconds: float) -> datetime:
    """A time in the zone of this machine, as it was then."""
    return utc(seconds).astimezone()


@dataclass(frozen=True, slots=True)
class Setting:
    """One series, the log of its metrics, and how to read times."""

    series: str = ""
    metric_log: MetricLog = field(default_factory=no_log)
    local_time: LocalTime = utc
    now: float = math.inf
    _asked: list[tuple[object, list[float | None]]] = field(
        default_factory=list, repr=False, compare=False
    )  # several rules by time ask for the same times

    def save_time(self, one: Checkpoint) -> float | None:
        """When it was saved; None where the file system says what cannot be true."""
        saved = one.saved_at
        true = saved is not None and PLAUSIBLE_SINCE <= saved <= self.now + _AHEAD
        return saved if true else None

    def save_times(self, items: Sequence[Checkpoint]) -> list[float | None]:
        """The same for many, which must not be changed."""
        if self._asked and self._asked[0][0] is items:
            return self._asked[0][1]
        first, last = PLAUSIBLE_SINCE * 1e9, (self.now + _AHEAD) * 1e9
        measures = [one.measure for one in items]
        return [
            m.newest_mtime_ns / 1e9
            if m is not None and first <= m.newest_mtime_ns <= last
            else None
            for m in measures
        ]


NOWHERE = Setting()


def in_order_of_time(times: Sequence[float | None]) -> Sequence[int]:
    """Positions of what has a time, oldest first; mostly that is their order by step already."""
    known = [time for time in times if time is not None]
    if len(known) == len(times) and all(map(le, known, islice(known, 1, None))):
        return range(len(times))
    return [i for _, i in sorted((time, i) for i, time in enumerate(times) if time is not None)]
