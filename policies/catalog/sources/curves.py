"""Join curves over steps to checkpoints: the newest value at or before each step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...patterns import pattern
from ..model import Checkpoint
from ..readers.join import curve_values
from ..readers.records import Curve

_HELD_OUT = pattern(r"(^|[/_.-])(eval|evaluation|val|valid|validation|dev|test)([/_.-]|$)")
_NO_METRIC = pattern(  # of the last part of a tag: counters, clocks and settings
    r"lr([-_].*)?|learning_rate.*|(global_?)?steps?|epochs?|iterations?|total_timesteps|hp_metric"
    r"|(.*_)?time([-_].*)?|fps|sps|(.*_)?per_(second|sec)|(.*_)?runtime|(.*_)?grad_norm|(.*_)?flos"
    r"|memory.*|speed|throughput|eta.*"
)


def by_curves(
    curves: Mapping[str, Curve], group: Sequence[Checkpoint]
) -> dict[str, dict[str, float]]:
    """By id; what was measured on held-out data where there is any, else all that is no counter."""
    steps = {one.step for one in group if one.step is not None}
    best = max(map(rank, curves), default=0)
    found: dict[int, dict[str, float]] = {step: {} for step in steps}
    for name in (name for name in curves if best and rank(name) == best):
        for step, value in curve_values(curves[name], steps).items():
            found[step][name] = value
    return {one.id: found[one.step] for one in group if one.step is not None}


def rank(name: str) -> int:
    """0 for what is no metric, 2 for what was measured on held-out data, 1 for all others."""
    name = name.lower()
    if _NO_METRIC.fullmatch(name.rpartition("/")[2]):
        return 0
    return 2 if _HELD_OUT.search(name) else 1
