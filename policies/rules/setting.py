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
from typing import Any, TypeVar

from ..catalog.model import Checkpoint, MetricLog, no_log
from ..catalog.save_times import PLAUSIBLE_SINCE

LocalTime = Callable[[float], datetime]
Column = Sequence[float | None]  # one value for each checkpoint of a series; None: unknown
T = TypeVar("T")

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
    _columns: dict[str, tuple[object, Any]] | None = field(
        default_factory=dict, repr=False, compare=False
    )  # several rules ask for the same times and metrics; None: remember nothing

    def save_time(self, one: Checkpoint) -> float | None:
        """When it was saved; None where the file system says what cannot be true."""
        saved = one.saved_at
        true = saved is not None and PLAUSIBLE_SINCE <= saved <= self.now + _AHEAD
        return saved if true else None

    def save_times(self, items: Sequence[Checkpoint]) -> Column:
        """The same for many."""
        return self._column("times", items, lambda: self._read_times(items))

    def in_order_of_time(self, items: Sequence[Checkpoint]) -> Sequence[int]:
        """Positions of what has a save time, oldest first."""
        return self._column("order", items, lambda: _in_order(self.save_times(items)))

    def metric(self, name: str, items: Sequence[Checkpoint]) -> Column:
        """A metric as it stands at each checkpoint; None where it does not."""
        return self._column(f"metric {name}", items, lambda: _values(name, items))

    def numbers(self, items: Sequence[Checkpoint]) -> Sequence[float]:
        """What orders the checkpoints: their steps, or whatever they have instead."""
        return self._column("numbers", items, lambda: _numbers_of(items))

    def _read_times(self, items: Sequence[Checkpoint]) -> Column:
        # In whole nanoseconds: to compare these with a float takes three times as long.
        first, ahead = int(PLAUSIBLE_SINCE * 1e9), (self.now + _AHEAD) * 1e9
        last = int(ahead) if math.isfinite(ahead) else ahead
        measures = [one.measure for one in items]
        return [
            m.newest_mtime_ns / 1e9
            if m is not None and first <= m.newest_mtime_ns <= last
            else None
            for m in measures
        ]

    def _column(self, name: str, items: Sequence[Checkpoint], read: Callable[[], T]) -> T:
        known = self._columns.get(name) if self._columns is not None else None
        if known is not None and known[0] is items:
            column: T = known[1]
            return column
        column = read()
        if self._columns is not None and isinstance(items, tuple):  # a list could change
            self._columns[name] = (items, column)
        return column


NOWHERE = Setting(_columns=None)


def _values(name: str, items: Sequence[Checkpoint]) -> Column:
    """Mostly all have it, and then no question is asked of each."""
    try:
        return [one.metrics[name] for one in items]
    except KeyError:
        return [one.metrics.get(name) for one in items]


def _numbers_of(items: Sequence[Checkpoint]) -> Sequence[float]:
    steps = [item.step for item in items]
    known = [step for step in steps if step is not None]
    return known if len(known) == len(steps) else [item.number or 0 for item in items]


def _in_order(times: Column) -> Sequence[int]:
    """Mostly the order of time is that of steps already."""
    known = [time for time in times if time is not None]
    if len(known) == len(times) and all(map(le, known, islice(known, 1, None))):
        return range(len(times))
    return [i for _, i in sorted((time, i) for i, time in enumerate(times) if time is not None)]
