"""The run from old to new on one line: what stays, what goes, what is pinned, and the cursor.

Each cell stands for one checkpoint, or for several where the line is too short for all.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from rich.style import Style

from ...policies.catalog.model import State
from ...policies.decisions import Action, Plan
from .glyphs import Glyphs
from .lines import Line, Lines, Run
from .model import ReviewModel
from .styles import CURSOR, DELETED, DIM, KEPT, PINNED, SLIMMED, UNFINISHED
from .words import fit, plain_number

LABEL_WIDTH = 11


class Timeline(Lines):
    """One line of signs; a second with the steps, where there is room for it."""

    def __init__(self, model: ReviewModel, glyphs: Glyphs) -> None:
        super().__init__(id="timeline")
        self._model, self._glyphs = model, glyphs
        self._made_for: tuple[Plan, Sequence[int], int] | None = None
        self._places: Sequence[int] = ()  # in the catalog, of what the line is about
        self._cells: list[tuple[str, Style]] = []
        self._count = 0  # cells

    def sync(self) -> None:
        room = self.columns - LABEL_WIDTH - 1
        if room < 1:
            return
        wanted, before = (self._model.plan, self._model.in_scope, room), self._made_for
        if before is None or any(a is not b for a, b in zip(wanted[:2], before[:2], strict=True)):
            before = None
        if before is None or before[2] != room:
            self._made_for = wanted
            self._make(room)
        label = fit(" kept", LABEL_WIDTH)
        lines: list[Line] = [
            [(label, None), *_runs(self._cells, self._cell_of(self._model.cursor))]
        ]
        if self.rows > 1:
            lines.append([(" " * LABEL_WIDTH + self._steps(room), DIM)])
        self.draw(lines)

    def _make(self, room: int) -> None:
        checkpoints, self._places = self._model.catalog.checkpoints, self._model.in_scope
        total = len(self._places)
        self._count = count = min(room, total)
        pinned = {self._cell_of(id_) for id_ in self._model.pins}
        complete = State.COMPLETE
        unfinished = {
            i * count // total
            for i, place in enumerate(self._places)
            if checkpoints[place].state is not complete
        }
        self._cells = [self._cell(cell, pinned, unfinished) for cell in range(count)]

    def _cell(self, cell: int, pinned: set[int | None], unfinished: set[int]) -> tuple[str, Style]:
        """The strongest fact of a cell; a full sign only where everything stays."""
        glyphs = self._glyphs
        if cell in pinned:
            return glyphs.pinned, PINNED
        if cell in unfinished:
            return glyphs.incomplete, UNFINISHED
        every = self._model.plan.actions
        actions = [every[i] for i in self._places[self._first(cell) : self._first(cell + 1)]]
        kept = len(actions) - actions.count(Action.DELETE)
        if not kept:
            return glyphs.deleted, DELETED
        if Action.KEEP not in actions:
            return glyphs.slimmed, SLIMMED
        crowded = len(self._places) > self._count
        everything = crowded and kept == len(actions)
        return (glyphs.kept_all if everything else glyphs.kept), KEPT

    def _first(self, cell: int) -> int:
        """Which of the places is the first that a cell stands for."""
        return -(-cell * len(self._places) // self._count)

    def _cell_of(self, id_: str | None) -> int | None:
        """The cell of a checkpoint; None where the line is not about it."""
        place, places = self._model.place_of(id_), self._places
        if place is None:
            return None
        at = bisect_left(places, place)
        here = at < len(places) and places[at] == place
        return at * self._count // len(places) if here else None

    def _steps(self, room: int) -> str:
        """Steps under their cells, as many as stand apart."""
        line = ""
        if self._model.several_series:
            return line
        for cell in range(0, self._count, 12):
            first = self._model.catalog.checkpoints[self._places[self._first(cell)]]
            text = plain_number(first.number)
            if cell + len(text) <= room:
                line = line.ljust(cell) + text
        return line


def _runs(cells: Sequence[tuple[str, Style]], cursor: int | None) -> list[Run]:
    """Cells of one style together, since each change of style costs bytes."""
    runs: list[Run] = []
    for i, (sign, style) in enumerate(cells):
        wanted = CURSOR if i == cursor else style
        if runs and runs[-1][1] is wanted:
            runs[-1] = (runs[-1][0] + sign, wanted)
        else:
            runs.append((sign, wanted))
    return runs
