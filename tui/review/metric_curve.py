"""The primary metric from old to new in block characters, with the best one marked.

The scale leaves out the worst values, so that the steep beginning does not flatten the rest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

from ...policies.catalog.model import Checkpoint
from ...policies.late_dataclass import dataclass
from ..output import shown
from .glyphs import Glyphs
from .lines import Line, Lines
from .model import ReviewModel
from .styles import BEST, DIM, KEPT
from .timeline import LABEL_WIDTH
from .words import fit, metric_text, plain_number


@dataclass(frozen=True, slots=True)
class Best:
    """The best value, and where it stands."""

    value: float
    number: float | None
    position: int


@dataclass(frozen=True, slots=True)
class _Picture:
    """What is drawn, kept until the catalog or the width changes."""

    columns: tuple[float | None, ...]
    best_at: int | None  # column of the best value
    equals_at: frozenset[int]  # columns of what is as good within the noise
    note: str


class MetricCurve(Lines):
    """The curve on one line or several."""

    def __init__(self, model: ReviewModel, glyphs: Glyphs) -> None:
        super().__init__(id="curve")
        self._model, self._glyphs = model, glyphs
        self._made_for: object = None
        self._picture = _Picture((), None, frozenset(), "")

    def sync(self) -> None:
        names = self._model.shown.metrics
        if not names:
            self.draw([])
            return
        model = self._model
        key = (model.inventory.names, model.scope, model.shown, self.size)
        if key != self._made_for:
            self._made_for = key
            self._picture = self._pictured(names[0])
        name = shown(names[0])
        self.draw(self._tall(name) if self.rows > 1 else self._flat(name))

    def _pictured(self, name: str) -> _Picture:
        best = best_of(self._model)
        equals = _equals(self._model, best, name)
        note = _note(best, len(equals))
        room = self.columns - LABEL_WIDTH - 1 - (0 if self.rows > 1 else len(note))
        values = [one.metrics.get(name) for one in _checkpoints(self._model)]
        columns = tuple(sampled(values, max(1, room)))
        best_at = best.position * len(columns) // len(values) if best else None
        equals_at = frozenset(at * len(columns) // len(values) for at in equals)
        return _Picture(columns, best_at, equals_at, note)

    def _flat(self, name: str) -> list[Line]:
        label = fit(f" {name}", LABEL_WIDTH, ellipsis=self._glyphs.ellipsis)
        at = self._picture.best_at
        curve = self._rows(1)[0]
        if at is None:
            return [[(label, None), (curve, KEPT)]]
        good = self._picture.equals_at | {at}
        parts = [
            ("".join(curve[i] for i in run), BEST if is_good else KEPT)
            for is_good, run in groupby(range(len(curve)), good.__contains__)
        ]
        return [[(label, None), *parts, (self._picture.note, None)]]

    def _tall(self, name: str) -> list[Line]:
        """The scale at the left, name and best value above, and a star over the best."""
        low, high = bounds(self._picture.columns, self._model.shown.mode)
        rows = self._rows(self.rows - 1)
        marks = [metric_text(high), *[""] * (len(rows) - 2), metric_text(low)]
        title = f" {name}{self._picture.note}"
        lines: list[Line] = [[(title, None), *self._stars(len(title) - LABEL_WIDTH)]]
        for mark, row in zip(marks, rows, strict=False):
            lines.append([(fit(mark, LABEL_WIDTH - 1, right=True) + " ", DIM), (row, KEPT)])
        return lines

    def _stars(self, start: int) -> Line:
        """What stands right of the title: the best, and what is as good, over their columns."""
        at, equals = self._picture.best_at, self._picture.equals_at
        if at is None or at <= start:
            return []
        marks = [
            self._glyphs.best if i == at else self._glyphs.dot if i in equals else " "
            for i in range(start, max(at, *equals, at) + 1)
        ]
        return [("".join(marks), BEST)]

    def _rows(self, height: int) -> list[str]:
        scale = bounds(self._picture.columns, self._model.shown.mode)
        return drawn(self._picture.columns, height, self._glyphs.levels, scale)


def _checkpoints(model: ReviewModel) -> Sequence[Checkpoint]:
    """What the curve is about, in catalog order."""
    every = model.catalog.checkpoints
    return [every[place] for place in model.in_scope] if model.scope else every


def best_of(model: ReviewModel) -> Best | None:
    """The best finite value by the direction of the primary metric, where that is known."""
    shown_ = model.shown
    if not shown_.metrics or shown_.mode is None:
        return None
    checkpoints = _checkpoints(model)
    name, sign = shown_.metrics[0], 1 if shown_.mode == "min" else -1
    found = [
        (sign * value, -i)
        for i, one in enumerate(checkpoints)
        if (value := one.metrics.get(name)) is not None and math.isfinite(value)
    ]
    if not found:
        return None
    value, position = min(found)
    best = checkpoints[-position]
    return Best(sign * value, best.number, -position)


def _equals(model: ReviewModel, best: Best | None, name: str) -> list[int]:
    """Positions of what is as good as the best within the noise of one evaluation."""
    if best is None:
        return []
    checkpoints = _checkpoints(model)
    reports = model.best_of(checkpoints[best.position].series)
    equals = {one.id for report in reports if report.metric == name for one in report.equals}
    return [i for i, one in enumerate(checkpoints) if one.id in equals] if equals else []


def _note(best: Best | None, equals: int) -> str:
    if best is None:
        return ""
    others = f", {equals} as good" if equals else ""
    return f"  best {metric_text(best.value)} at {plain_number(best.number)}{others}"


def sampled(values: Sequence[float | None], room: int) -> list[float | None]:
    """One value per cell: the mean of what falls into it; None where nothing is known."""
    count = min(room, len(values))
    cells: list[list[float]] = [[] for _ in range(count)]
    for i, value in enumerate(values):
        if value is not None and math.isfinite(value):
            cells[i * count // len(values)].append(value)
    return [sum(cell) / len(cell) if cell else None for cell in cells]


def bounds(columns: Sequence[float | None], mode: str | None) -> tuple[float, float]:
    """The scale: all values but the worst eighth, which is where training began."""
    known = sorted(value for value in columns if value is not None)
    if not known:
        return 0.0, 0.0
    cut = len(known) // 8
    return (known[cut], known[-1]) if mode == "max" else (known[0], known[-1 - cut])


def drawn(
    columns: Sequence[float | None], height: int, levels: str, scale: tuple[float, float]
) -> list[str]:
    """Lines of block characters, the top one first."""
    heights = [_height(value, scale, len(levels) * height) for value in columns]
    rows = []
    for row in reversed(range(height)):
        base = row * len(levels)
        rows.append("".join(_block(each - base, levels) for each in heights))
    return rows


def _height(value: float | None, scale: tuple[float, float], steps: int) -> int:
    """From 1 to `steps`; 0 where nothing is known."""
    if value is None:
        return 0
    low, high = scale
    share = (value - low) / (high - low) if high > low else 0.0
    return 1 + max(0, min(steps - 1, round((steps - 1) * share)))


def _block(level: int, levels: str) -> str:
    return " " if level <= 0 else levels[min(level, len(levels)) - 1]
