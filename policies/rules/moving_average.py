"""The values of a metric at checkpoints: as logged there, or the mean over the last few logs.

The mean is over the log of the run, never over the checkpoints that survive: those grow fewer
with every prune, and the mean would drift.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence

from ..catalog.model import Checkpoint
from .setting import Column, Setting


def values_of(metric: str, window: int, setting: Setting, items: Sequence[Checkpoint]) -> Column:
    """The metric at every item; a window of 1 takes the value that stands at the very step."""
    logged = setting.metric_log.get(metric, ())
    if window > 1:
        return _means(window, logged, items)
    own = setting.metric(metric, items)
    if not logged or None not in own:
        return own
    at_step = dict(logged)
    return [
        at_step.get(item.step) if value is None and item.step is not None else value
        for item, value in zip(items, own, strict=True)
    ]


def _means(window: int, logged: Sequence[tuple[int, float]], items: Sequence[Checkpoint]) -> Column:
    steps = [step for step, _ in logged]
    values = [value for _, value in logged]

    def mean(step: int | None) -> float | None:
        end = 0 if step is None else bisect_right(steps, step)
        last = values[max(0, end - window) : end]  # fewer at the start of a run
        if not last:
            return None
        return math.fsum(last) / len(last) if all(map(math.isfinite, last)) else math.nan

    return [mean(item.step) for item in items]
