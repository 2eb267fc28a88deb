"""The table of checkpoints: draws the rows in sight straight from the model.

It holds no row of its own, so 100,000 checkpoints cost what 20 do. At the edge it jumps half a
page, because on a slow link each scroll sends every line.
"""

from __future__ import annotations

from rich.cells import cell_len
from textual import events
from textual.message import Message

from ...policies.decisions import Decision
from ..output import shown
from .glyphs import Glyphs
from .keys import REVIEW
from .lines import Line, Lines
from .model import ReviewModel
from .ordering import Column
from .rows import (
    Layout,
    decision_of,
    header,
    heading_of,
    layout_for,
    numbers_of,
    sign_of,
)
from .styles import CURSOR, DIM, HEADING
from .words import fit, fit_path

_WHEEL = 3


class Table(Lines, can_focus=True):
    """One header line, and below it a window on the visible rows."""

    DEFAULT_CSS = "Table { height: 1fr; }"
    keys = REVIEW  # while a pane or a question has the focus, no key acts on rows

    class HeaderClicked(Message):
        """Somebody wants another order."""

        def __init__(self, column: Column) -> None:
            self.column = column
            super().__init__()

    class RowClicked(Message):
        """Somebody put the cursor somewhere."""

        def __init__(self, position: int) -> None:
            self.position = position
            super().__init__()

    class HeadingClicked(RowClicked):
        """Somebody wants to fold or open a group."""

    def __init__(self, model: ReviewModel, glyphs: Glyphs) -> None:
        super().__init__(id="table")
        self._model = model
        self._glyphs = glyphs
        self._top = 0
        self._laid_out: object = None
        self.layout_now: Layout = layout_for(model.inventory, model.shown, 80)

    @property
    def page(self) -> int:
        """Rows in sight."""
        return max(1, self.rows - 1)

    def sync(self) -> None:
        """Draw what the model says now."""
        if not self.rows:
            return
        self._lay_out()
        self._scroll_to_cursor()
        model = self._model
        selected = model.selection
        rows = range(self._top, min(self._top + self.page, len(model.rows)))
        title = self._title()
        lines: list[Line] = [[(title, HEADING)]]
        lines.extend(self._row(row, row in selected) for row in rows)
        if not rows:
            lines.append([("   " + self._nothing(), DIM)])
        self.draw(self._with_bar(lines))

    def _title(self) -> str:
        """The titles of the columns; right of them the series whose heading has scrolled away."""
        model, glyphs = self._model, self._glyphs
        title = header(self.layout_now, model, glyphs).rstrip()
        room = self.columns - 2 - cell_len(title) - 2
        if not model.grouping or room < 8 or self._top >= len(model.rows):
            return title
        code = model.rows.codes[self._top]
        if code < 0:
            return title
        name = fit_path(shown(model.series_at(code)), room, ellipsis=glyphs.ellipsis)
        return f"{title}  {fit(name, room, right=True)}"

    def _lay_out(self) -> None:
        model = self._model
        key = (model.inventory.names, model.shown, self.columns, model.grouping)
        if key != self._laid_out:
            self._laid_out = key
            self.layout_now = layout_for(
                model.inventory, model.shown, self.columns - 1, grouped=model.grouping
            )

    def _scroll_to_cursor(self) -> None:
        cursor, page, rows = self._model.cursor_position, self.page, len(self._model.rows)
        if not self._top <= cursor < self._top + page:
            near = -page < cursor - self._top < 2 * page
            # Just over the edge: half a page on, with the cursor in the middle.
            self._top = cursor - page // 2 if near else cursor
        self._top = max(0, min(self._top, rows - page))

    def _row(self, row: int, selected: bool) -> Line:
        model = self._model
        code = model.rows.codes[row]
        if code >= 0:
            return self._line(model.plan.decisions[code], selected)
        series = model.rows.series[~code]
        here = model.heading == series
        lead = self._glyphs.cursor if here else self._glyphs.in_range if selected else " "
        text = heading_of(series, model, self._glyphs, self.columns - 2)
        return [(f"{lead}{text}".ljust(self.columns - 1), CURSOR if here else HEADING)]

    def _line(self, row: Decision, selected: bool) -> Line:
        model, glyphs = self._model, self._glyphs
        here = row.checkpoint.id == model.cursor
        lead = glyphs.cursor if here else glyphs.in_range if selected else " "
        sign, sign_style = sign_of(row, model, glyphs)
        numbers = numbers_of(row, self.layout_now, model, glyphs)
        words = decision_of(row, self.layout_now.cells[-1].width, model.explainer, glyphs)
        if here:
            text = f"{lead}{sign} {numbers}" + "".join(text for text, _ in words)
            return [(text.ljust(self.columns - 1), CURSOR)]
        if sign == " ":
            return [(f"{lead}  {numbers}", None), *words]
        return [(lead, None), (sign, sign_style), (f" {numbers}", None), *words]

    def _with_bar(self, lines: list[Line]) -> list[Line]:
        """A scroll bar in the last column, in the lines' own text: no widget, few bytes."""
        rows, page = len(self._model.rows), self.page
        if rows <= page:
            return lines
        first = self._top * page // rows
        length = max(1, page * page // rows)
        if self._top + page >= rows:
            first = page - length
        width = self.columns - 1
        for y in range(1, len(lines)):
            if first <= y - 1 < first + length:
                used = sum(cell_len(text) for text, _ in lines[y])
                lines[y] = [*lines[y], (" " * (width - used) + self._glyphs.bar, None)]
        return lines

    def _nothing(self) -> str:
        if self._model.scanning:
            return "scanning..."
        if self._model.filter:
            return f"nothing passes the filter {self._model.filter!r}; Esc clears it"
        return "no checkpoints here"

    def on_click(self, event: events.Click) -> None:
        if event.y == 0:
            column = self.layout_now.column_at(event.x)
            if column is not None:
                self.post_message(self.HeaderClicked(column))
        else:
            row = self._top + event.y - 1
            codes = self._model.rows.codes
            heading = row < len(codes) and codes[row] < 0
            self.post_message(self.HeadingClicked(row) if heading else self.RowClicked(row))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.post_message(self.RowClicked(self._model.cursor_position + _WHEEL))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.post_message(self.RowClicked(self._model.cursor_position - _WHEEL))
