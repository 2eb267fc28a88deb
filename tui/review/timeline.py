"""The run from old to new on one line: what stays, what goes, what is pinned, and the cursor.

Each cell stands for one checkpoint, or for several where the line is too short for all.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style

from ...policies.catalog.model import State
from ...policies.decisions import Action, Decision, Plan
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
        self._places: dict[str, int] = {}

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
        decisions = self._model.plan.decisions
        count = min(room, len(decisions))
        groups: list[list[Decision]] = [[] for _ in range(count)]
        self._places = {}
        for i, decision in enumerate(decisions):
            cell = i * count // len(decisions)
            groups[cell].append(decision)
            self._places[decision.checkpoint.id] = cell
        self._cells = [self._cell(group, crowded=len(decisions) > count) for group in groups]

    def _cell(self, group: Sequence[Decision], *, crowded: bool) -> tuple[str, Style]:
        """The strongest fact of a cell; a full sign only where everything stays."""
        model, glyphs = self._model, self._glyphs
        ids = {decision.checkpoint.id for decision in group}
        if not ids.isdisjoint(model.pins):
            return glyphs.pinned, PINNED
        if any(decision.checkpoint.state is not State.COMPLETE for decision in group):
            return glyphs.incomplete, UNFINISHED
        kept = sum(decision.action is not Action.DELETE for decision in group)
        if not kept:
            return glyphs.deleted, DELETED
        if all(decision.action is not Action.KEEP for decision in group):
            return glyphs.slimmed, SLIMMED
        everything = crowded and kept == len(group)
        return (glyphs.kept_all if everything else glyphs.kept), KEPT

    def _cursor_cell(self) -> int | None:
        cursor = self._model.cursor
        return None if cursor is None else self._places.get(cursor)

    def _steps(self, room: int) -> str:
        """Steps under their cells, as many as stand apart."""
        decisions = self._model.plan.decisions
        line = ""
        count = len(self._cells)
        for cell in range(0, count, 12):
            first = decisions[-(-cell * len(decisions) // count)]
            if self._model.several_series:
                continue
            text = plain_number(first.checkpoint.number)
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
