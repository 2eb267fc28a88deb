"""The primary metric from old to new in block characters, with the best one marked.

The scale follows the bulk of the values, so that one early spike does not flatten the rest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..output import shown
from .glyphs import Glyphs
from .lines import Line, Lines
from .model import ReviewModel
from .styles import DIM, KEPT
from .timeline import LABEL_WIDTH
from .words import fit, metric_text, plain_number


@dataclass(frozen=True, slots=True)
class Best:
    """The best value, and where it stands."""

    value: float
    number: float | None
    position: int


class MetricCurve(Lines):
    """The curve on one line or several."""

    def __init__(self, model: ReviewModel, glyphs: Glyphs) -> None:
        super().__init__(id="curve")
        self._model, self._glyphs = model, glyphs

    def sync(self) -> None:
        names = self._model.shown.metrics
        if not names:
            self.draw([])
            return
        values = [d.checkpoint.metrics.get(names[0]) for d in self._model.plan.decisions]
        best = best_of(self._model)
        note = _note(best)
        tall = self.rows > 1
        room = self.columns - LABEL_WIDTH - 1 - (0 if tall else len(note))
        if room < 1:
            return
        columns = sampled(values, room)
        self.draw(
            self._tall(columns, names[0], note) if tall else self._flat(columns, names[0], note)
        )

    def _flat(self, columns: Sequence[float | None], name: str, note: str) -> list[Line]:
        label = fit(f" {shown(name)}", LABEL_WIDTH, ellipsis=self._glyphs.ellipsis)
        curve = drawn(columns, 1, self._glyphs.levels)[0]
        return [[(label, None), (curve, KEPT), (note, None)]]

    def _tall(self, columns: Sequence[float | None], name: str, note: str) -> list[Line]:
        """Height axis at the left, name and best value above."""
        low, high = bounds(columns)
        rows = drawn(columns, self.rows - 1, self._glyphs.levels)
        marks = [metric_text(high), *[""] * (len(rows) - 2), metric_text(low)]
        lines: list[Line] = [[(f" {shown(name)}", None), (note, None)]]
        for mark, row in zip(marks, rows, strict=False):
            lines.append([(fit(mark, LABEL_WIDTH - 1, right=True) + " ", DIM), (row, KEPT)])
        return lines


def best_of(model: ReviewModel) -> Best | None:
    """The best finite value by the direction of the primary metric, where that is known."""
    shown_ = model.shown
    if not shown_.metrics or shown_.mode is None:
        return None
    name, sign = shown_.metrics[0], 1 if shown_.mode == "min" else -1
    found = [
        (sign * value, -i)
        for i, decision in enumerate(model.plan.decisions)
        if (value := decision.checkpoint.metrics.get(name)) is not None and math.isfinite(value)
    ]
    if not found:
        return None
    value, position = min(found)
    one = model.plan.decisions[-position].checkpoint
    return Best(sign * value, one.number, -position)


def _note(best: Best | None) -> str:
    return f"  best {metric_text(best.value)} at {plain_number(best.number)}" if best else ""


def sampled(values: Sequence[float | None], room: int) -> list[float | None]:
    """One value per cell: the mean of what falls into it; None where nothing is known."""
    count = min(room, len(values))
    cells: list[list[float]] = [[] for _ in range(count)]
    for i, value in enumerate(values):
        if value is not None and math.isfinite(value):
            cells[i * count // len(values)].append(value)
    return [sum(cell) / len(cell) if cell else None for cell in cells]


def bounds(columns: Sequence[float | None]) -> tuple[float, float]:
    """The least value, and a height that leaves out the steepest twentieth."""
    known = sorted(value for value in columns if value is not None)
    if not known:
        return 0.0, 0.0
    return known[0], known[min(len(known) - 1, len(known) * 19 // 20)]


def drawn(columns: Sequence[float | None], height: int, levels: str) -> list[str]:
    """Lines of block characters, the top one first."""
    low, high = bounds(columns)
    span = high - low
    steps = len(levels) * height
    heights = [
        0
        if value is None
        else 1 + min(steps - 1, round((steps - 1) * (value - low) / span))
        if span > 0
        else 1
        for value in columns
    ]
    rows = []
    for row in reversed(range(height)):
        base = row * len(levels)
        rows.append("".join(_block(each - base, levels) for each in heights))
    return rows


def _block(level: int, levels: str) -> str:
    return " " if level <= 0 else levels[min(level, len(levels)) - 1]
