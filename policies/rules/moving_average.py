"""The value of a metric at a step: as it was logged there, or its mean over the last few logs.

The mean is over the log of the run, never over the checkpoints that survive: those grow fewer
with every prune, and the mean would drift.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence

from ..catalog.model import Checkpoint, MetricLog

ValueAt = Callable[[Checkpoint], float | None]  # None: unknown


def value_at(metric: str, window: int, log: MetricLog) -> ValueAt:
    """How to read a metric; a window of 1 takes the value that stands at the very step."""
    logged = log.get(metric, ())
    if window > 1:
        return _mean_of_last(window, logged)
    at_step = dict(logged)

    def exact(one: Checkpoint) -> float | None:
        value = one.metrics.get(metric)
        return at_step.get(one.step) if value is None and one.step is not None else value

    return exact


def _mean_of_last(window: int, logged: Sequence[tuple[int, float]]) -> ValueAt:
    steps = [step for step, _ in logged]
    values = [value for _, value in logged]

    def mean(one: Checkpoint) -> float | None:
        end = 0 if one.step is None else bisect_right(steps, one.step)
        last = values[max(0, end - window) : end]  # fewer at the start of a run
        if not last:
            return None
        return math.fsum(last) / len(last) if all(map(math.isfinite, last)) else math.nan

    return mean
