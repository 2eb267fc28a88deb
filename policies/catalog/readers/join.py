"""Which row of a log belongs to which checkpoint: the off-by-one rules, as pure functions.

Each rule was read off what the framework really writes. Where a row cannot be told for certain,
nothing is joined: an unknown metric keeps a checkpoint, a wrong one may cost the right one.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from operator import le, sub

from .csv_log import LogKind
from .records import Curve, LogRow

Metrics = dict[str, float]

# What a log calls the epoch that a checkpoint's name calls 0.
_EPOCH_SHIFT: dict[str, int] = {
    LogKind.KERAS: -1,
    LogKind.ULTRALYTICS: 1,
    LogKind.EPOCHS: 0,
    LogKind.STEPS: 0,
}


def merged(rows: Iterable[LogRow]) -> Metrics:
    """All metrics of some rows; of one that was logged twice, the later value."""
    found: Metrics = {}
    for row in rows:
        found.update(row.metrics)
    return found


def lightning_step(rows: Iterable[LogRow], step: int, epoch: float | None) -> Metrics:
    """Lightning logs what it measured after `step` steps as step - 1, in the same epoch.

    With several optimizers its two counters drift apart; then a row of that number belongs to
    another epoch, and is left out.
    """
    return merged(
        row
        for row in rows
        if row.step == step - 1 and (epoch is None or row.epoch is None or row.epoch == epoch)
    )


def lightning_epoch(rows: Iterable[LogRow], epoch: float) -> Metrics:
    """For names without a step: what was logged exactly once in that epoch."""
    values: dict[str, list[float]] = {}
    for row in rows:
        if row.epoch == epoch:
            for name, value in row.metrics.items():
                values.setdefault(name, []).append(value)
    return {name: found[0] for name, found in values.items() if len(found) == 1}


def by_epoch(kind: str, rows: Iterable[LogRow], epoch: float) -> Metrics:
    """Keras names epochs from 1 and logs them from 0, ultralytics the other way round.

    YOLOv5 and timm use one number for both.
    """
    shift = _EPOCH_SHIFT.get(kind)
    if shift is None:
        return {}
    return merged(row for row in rows if row.epoch == epoch + shift)


def by_step(rows: Iterable[LogRow], step: int) -> Metrics:
    """detectron2 and RL libraries: the number in the name is the number in the log."""
    return merged(row for row in rows if row.step == step)


def by_checkpoint(rows: Iterable[LogRow], name: str) -> Metrics:
    """Ray says in the row itself which checkpoint it saved."""
    return merged(row for row in rows if row.checkpoint == name)


def mmengine_epoch(rows: Iterable[LogRow], epoch: float) -> Metrics:
    """A validation row of an epoch-based run has no epoch, and calls it `step`."""
    return merged(row for row in rows if row.epoch is None and row.step == epoch)


def mmengine_iteration(rows: Sequence[LogRow], step: int, saved: Sequence[int]) -> Metrics:
    """Validation rows of an iteration-based run all say step 0: their place in the log tells.

    One written between the training rows of iterations a and b was measured in [a, b); it belongs
    to the checkpoint saved there, if there was only one.
    """
    after = 0
    pending: list[LogRow] = []
    for row in (*rows, LogRow(step=max((*saved, step)) + 1, epoch=0)):
        if row.epoch is None and row.step == 0:
            pending.append(row)
        elif row.step is not None:
            between = {one for one in saved if after <= one < row.step}
            if pending and after <= step < row.step:
                return merged(pending) if between <= {step} and not _repeats(pending) else {}
            after, pending = row.step, []
    return {}


def _repeats(rows: Sequence[LogRow]) -> bool:
    """Whether a metric was logged more than once."""
    names = [name for row in rows for name in row.metrics]
    return len(names) > len(set(names))


def curve_value(curve: Curve, step: int, within: int | None = None) -> float | None:
    """The newest value at or before a step, within one interval of the logging."""
    return curve_values(curve, (step,), within).get(step)


def curve_values(curve: Curve, steps: Iterable[int], within: int | None = None) -> dict[int, float]:
    """The same for many steps; what cannot be joined is left out.

    Event files of one metric are in the order of steps, but for runs that were resumed.
    """
    known, places = _in_order(curve.steps)
    allowed = _interval(known) if within is None else within
    found: dict[int, float] = {}
    for step in steps:
        at = bisect_right(known, step) - 1
        if at >= 0 and step - known[at] <= allowed:
            found[step] = curve.values[places[at]]
    return found


def _in_order(steps: Sequence[int]) -> tuple[Sequence[int], Sequence[int]]:
    """The steps from low to high, and where each stands; of one that was repeated the last."""
    if all(map(le, steps, islice(steps, 1, None))):  # nearly always, and there may be a million
        return steps, range(len(steps))
    places = sorted(range(len(steps)), key=steps.__getitem__)
    return [steps[at] for at in places], places


def _interval(steps: Sequence[int]) -> int:
    """The median distance of steps in order; 1 where there is only one."""
    gaps = sorted(filter(None, map(sub, islice(steps, 1, None), steps)))
    return gaps[len(gaps) // 2] if gaps else 1


def agrees(named: Mapping[str, float], logged: Mapping[str, float]) -> bool:
    """Whether a row can be that of a checkpoint whose name carries rounded metrics."""
    return all(_rounds_to(logged[name], named[name]) for name in named.keys() & logged.keys())


def _rounds_to(exact: float, rounded: float) -> bool:
    if not math.isfinite(rounded) or not math.isfinite(exact):
        return exact == rounded or (math.isnan(exact) and math.isnan(rounded))
    exponent = Decimal(repr(rounded)).normalize().as_tuple().exponent
    digit = min(exponent, 0) if isinstance(exponent, int) else 0
    return abs(exact - rounded) <= 0.5 * 10.0**digit * (1 + 1e-6)
