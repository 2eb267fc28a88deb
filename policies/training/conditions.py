"""When a loop should save: conditions over steps, epochs, time and metrics. Pure.

Conditions combine with `&` and `|`. A metric that is missing from a moment passes nothing, NaN
and infinities neither; and what is best so far counts only what has been saved.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from math import fsum, isfinite, nan

from ..late_dataclass import dataclass
from ..refusal import Refusal
from ..rules.direction import MODES, known_mode

Recent = Mapping[str, Sequence[float]]  # the last values of each metric, oldest first
Smoothed = tuple[str, int]  # a metric and over how many values its mean is taken


@dataclass(frozen=True, slots=True)
class Moment:
    """Where a loop stands when it asks; `at` is seconds since the epoch."""

    step: int | None = None
    epoch: float | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Memory:
    """What conditions know of earlier moments."""

    previous: Moment | None = None  # when the loop asked last
    saved_at: float | None = None  # of the last save, or of the first moment before any
    best: Mapping[Smoothed, Sequence[float]] = field(default_factory=dict)  # lowest, highest
    recent: Recent = field(default_factory=dict)

    def value(self, metric: str, window: int, moment: Moment) -> float | None:
        """A metric now, or its mean over the last few values; None where it is missing now."""
        if metric not in moment.metrics:
            return None
        values = self.recent.get(metric, ())[-window:] if window > 1 else [moment.metrics[metric]]
        if not values:
            return None
        return fsum(values) / len(values) if all(map(isfinite, values)) else nan

    def seen(self, moment: Moment, windows: Mapping[str, int]) -> Memory:
        """With the metrics of a moment among the recent ones."""
        recent = {
            name: (*self.recent.get(name, ()), moment.metrics[name])[-length:]
            for name, length in windows.items()
            if name in moment.metrics
        }
        start = self.saved_at if self.saved_at is not None else moment.at
        return replace(self, recent={**self.recent, **recent}, saved_at=start)

    def saved(self, moment: Moment, asked: Iterable[Smoothed]) -> Memory:
        """After a save that is finished; only now it can be the best."""
        best = dict(self.best)
        for metric, window in asked:
            value = self.value(metric, window, moment)
            if value is not None and isfinite(value):
                known = (*best.get((metric, window), ()), value)
                best[metric, window] = (min(known), max(known))
        return replace(self, best=best, saved_at=moment.at)


class Condition(ABC):
    """Whether to save at a moment."""

    @abstractmethod
    def holds(self, moment: Moment, memory: Memory) -> bool:
        """Whether it is so now; `memory` has seen the moment."""

    def smoothed(self) -> tuple[Smoothed, ...]:
        """Every metric it asks for, with its window."""
        return ()

    def __and__(self, other: Condition) -> Condition:
        return AllOf((self, other))

    def __or__(self, other: Condition) -> Condition:
        return AnyOf((self, other))


@dataclass(frozen=True, slots=True)
class AllOf(Condition):
    """Every one of several."""

    parts: tuple[Condition, ...]

    def holds(self, moment: Moment, memory: Memory) -> bool:
        return all(part.holds(moment, memory) for part in self.parts)

    def smoothed(self) -> tuple[Smoothed, ...]:
        return tuple(each for part in self.parts for each in part.smoothed())


@dataclass(frozen=True, slots=True)
class AnyOf(AllOf):
    """At least one of several."""

    def holds(self, moment: Moment, memory: Memory) -> bool:
        return any(part.holds(moment, memory) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Every(Condition):
    """Whenever a multiple of `n` has been reached since the loop asked last."""

    n: float
    unit: str  # "step" or "epoch"

    def holds(self, moment: Moment, memory: Memory) -> bool:
        now = getattr(moment, self.unit)
        before = None if memory.previous is None else getattr(memory.previous, self.unit)
        if now is None:
            return False
        if before is None or before >= now:  # it begins, or begins again from an older save
            return bool(now % self.n == 0)
        return bool(now // self.n > before // self.n)


@dataclass(frozen=True, slots=True)
class EveryMinutes(Condition):
    """So long after the last save, or after the start."""

    minutes: float

    def holds(self, moment: Moment, memory: Memory) -> bool:
        since = moment.at if memory.saved_at is None else memory.saved_at
        # A clock that was set back says nothing about how long it has been.
        return moment.at < since or moment.at - since >= self.minutes * 60


@dataclass(frozen=True, slots=True)
class Within(Condition):
    """A metric, or its moving average, on one side of a bound."""

    metric: str
    limit: float
    side: str  # "below" or "above"
    window: int = 1

    def holds(self, moment: Moment, memory: Memory) -> bool:
        value = memory.value(self.metric, self.window, moment)
        if value is None or not isfinite(value):
            return False
        return value < self.limit if self.side == "below" else value > self.limit

    def smoothed(self) -> tuple[Smoothed, ...]:
        return ((self.metric, self.window),)


@dataclass(frozen=True, slots=True)
class Better(Condition):
    """Better, by more than `min_delta`, than the best that was saved."""

    metric: str
    mode: str
    min_delta: float = 0.0
    window: int = 1

    def holds(self, moment: Moment, memory: Memory) -> bool:
        value = memory.value(self.metric, self.window, moment)
        if value is None or not isfinite(value):
            return False
        known = memory.best.get((self.metric, self.window))
        if not known:
            return True
        lowest, highest = known[0], known[-1]
        gain = lowest - value if self.mode == "min" else value - highest
        return gain > self.min_delta

    def smoothed(self) -> tuple[Smoothed, ...]:
        return ((self.metric, self.window),)


def every_steps(n: int) -> Condition:
    """Every `n` steps."""
    return Every(_positive(n, "every_steps"), "step")


def every_epochs(n: float) -> Condition:
    """Every `n` epochs; 0.5 is twice an epoch."""
    return Every(_positive(n, "every_epochs"), "epoch")


def every_minutes(minutes: float) -> Condition:
    """When the last save is so many minutes old."""
    return EveryMinutes(_positive(minutes, "every_minutes"))


def below(metric: str, limit: float, *, window: int = 1) -> Condition:
    """When a metric is below a limit; with a window, its mean over the last few values."""
    return Within(metric, limit, "below", int(_positive(window, "below: window")))


def above(metric: str, limit: float, *, window: int = 1) -> Condition:
    """When a metric is above a limit; with a window, its mean over the last few values."""
    return Within(metric, limit, "above", int(_positive(window, "above: window")))


def better(
    metric: str, *, mode: str | None = None, min_delta: float = 0.0, window: int = 1
) -> Condition:
    """When a metric is better than at any save so far; `mode` is needed unless its name tells."""
    mode = mode or known_mode(metric)
    if mode not in MODES:
        raise Refusal(
            f"better: mode is needed: nothing tells whether smaller or larger {metric} is better; "
            "say mode='min' or mode='max'"
        )
    if not min_delta >= 0:
        raise Refusal(f"better: min_delta must be 0 or more, not {min_delta}")
    return Better(metric, mode, min_delta, int(_positive(window, "better: window")))


def _positive(value: float, name: str) -> float:
    if not (isfinite(value) and value > 0):
        raise Refusal(f"{name}: must be more than 0, not {value}")
    return value
