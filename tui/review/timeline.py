"""The run from old to new on one line: what stays, what goes, what is pinned, and the cursor.

Each cell stands for one checkpoint, or for several where the line is too short for all.
"""

from __future__ import annotations

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
        self._made_for: tuple[Plan, int] | None = None
        self._cells: list[tuple[str, Style]] = []
        self._count = 0  # cells

    def sync(self) -> None:
        room = self.columns - LABEL_WIDTH - 1
        if room < 1:
            return
        if (
            self._made_for is None
            or self._made_for[0] is not self._model.plan
            or self._made_for[1] != room
        ):
            self._make(room)
        label = fit(" kept", LABEL_WIDTH)
        lines: list[Line] = [[(label, None), *_runs(self._cells, self._cursor_cell())]]
        if self.rows > 1:
            lines.append([(" " * LABEL_WIDTH + self._steps(room), DIM)])
        self.draw(lines)

    def _make(self, room: int) -> None:
        self._made_for = (self._model.plan, room)
        checkpoints, total = self._model.catalog.checkpoints, len(self._model.catalog.checkpoints)
        self._count = count = min(room, total)
        places = (self._model.place_of(id_) for id_ in self._model.pins)
        pinned = {place * count // total for place in places if place is not None}
        complete = State.COMPLETE
        unfinished = {
            i * count // total for i, one in enumerate(checkpoints) if one.state is not complete
        }
        self._cells = [self._cell(cell, pinned, unfinished) for cell in range(count)]

    def _cell(self, cell: int, pinned: set[int], unfinished: set[int]) -> tuple[str, Style]:
        """The strongest fact of a cell; a full sign only where everything stays."""
        glyphs = self._glyphs
        if cell in pinned:
            return glyphs.pinned, PINNED
        if cell in unfinished:
            return glyphs.incomplete, UNFINISHED
        actions = self._model.plan.actions[self._first(cell) : self._first(cell + 1)]
        kept = len(actions) - actions.count(Action.DELETE)
        if not kept:
            return glyphs.deleted, DELETED
        if Action.KEEP not in actions:
            return glyphs.slimmed, SLIMMED
        crowded = len(self._model.catalog.checkpoints) > self._count
        everything = crowded and kept == len(actions)
        return (glyphs.kept_all if everything else glyphs.kept), KEPT

    def _first(self, cell: int) -> int:
        """The first place in the catalog that a cell stands for."""
        return -(-cell * len(self._model.catalog.checkpoints) // self._count)

    def _cursor_cell(self) -> int | None:
        place = self._model.place_of(self._model.cursor)
        total = len(self._model.catalog.checkpoints)
        return None if place is None else place * self._count // total

    def _steps(self, room: int) -> str:
        """Steps under their cells, as many as stand apart."""
        line = ""
        if self._model.several_series:
            return line
        for cell in range(0, self._count, 12):
            first = self._model.catalog.checkpoints[self._first(cell)]
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
