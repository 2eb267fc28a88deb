"""A pane that stands in the place of the table, so that the freed line stays in sight.

A pane scrolls, or has a cursor on items; it closes with Esc. It never repaints what is round it.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual.message import Message

from .glyphs import Glyphs
from .keys import PANE, Key
from .lines import Line, Lines
from .styles import BOLD, CURSOR

_NARROWEST = 20  # cells that content is made for; a window passes through less when it is drawn


class Pane(Lines, can_focus=True):
    """A title and lines that scroll."""

    DEFAULT_CSS = "Pane { height: 1fr; }"
    extra_keys: tuple[Key, ...] = ()
    silent_keys: tuple[Key, ...] = ()  # likewise, for which the footer has no room

    class Closed(Message):
        """The pane wants to go."""

    def __init__(self, title: str, glyphs: Glyphs) -> None:
        super().__init__()
        self.heading = title
        self._glyphs = glyphs
        self._top = 0

    @property
    def keys(self) -> tuple[Key, ...]:
        """What keys do here."""
        return (*self.extra_keys, *PANE, *self.silent_keys)

    def content(self, width: int) -> Sequence[Line]:
        """All lines of the pane, however many."""
        raise NotImplementedError

    @property
    def page(self) -> int:
        return max(1, self.rows - 1)

    def sync(self) -> None:
        if not self.rows:
            return
        lines = self.content(max(_NARROWEST, self.columns - 2))
        self._top = max(0, min(self._top, len(lines) - self.page))
        sight = lines[self._top : self._top + self.page]
        self.draw([self._title(len(lines)), *([(" ", None), *line] for line in sight)])

    def _title(self, count: int) -> Line:
        rule = self._glyphs.rule
        below = count - self._top - self.page
        more = f" {below} more below " if below > 0 else " end " if self._top else ""
        text = f"{rule}{rule} {self.heading} "
        room = max(0, self.columns - len(text) - len(more) - 2)
        return [(text + rule * room + more + rule * 2, BOLD)]

    def move(self, rows: int) -> None:
        """Scroll, or move the cursor of a pane that has one."""
        self._top += rows
        self.sync()

    def action_up(self) -> None:
        self.move(-1)

    def action_down(self) -> None:
        self.move(1)

    def action_page_up(self) -> None:
        self.move(-self.page)

    def action_page_down(self) -> None:
        self.move(self.page)

    def action_first(self) -> None:
        self.move(-(10**9))

    def action_last(self) -> None:
        self.move(10**9)

    def action_close(self) -> None:
        self.post_message(self.Closed())

    def on_mouse_scroll_down(self) -> None:
        self.move(3)

    def on_mouse_scroll_up(self) -> None:
        self.move(-3)


class ChoicePane(Pane):
    """A pane with a cursor; each item takes one line or more."""

    cursor = 0

    @property
    def count(self) -> int:
        """How many items there are."""
        raise NotImplementedError

    def items(self, width: int) -> Sequence[Sequence[Line]]:
        """The lines of every item."""
        raise NotImplementedError

    def before(self, width: int) -> Sequence[Line]:
        """Lines above the items."""
        return ()

    def content(self, width: int) -> Sequence[Line]:
        lines: list[Line] = list(self.before(width))
        items = self.items(width)
        self.cursor = max(0, min(self.cursor, len(items) - 1))
        for i, item in enumerate(items):
            if i == self.cursor:
                self._show(len(lines), len(item))
                head = "".join(text for text, _ in item[0]).ljust(width)
                lines.append([(head, CURSOR)])
                lines.extend(item[1:])
            else:
                lines.extend(item)
        return lines

    def _show(self, start: int, length: int) -> None:
        if start < self._top:
            self._top = start if self.cursor else 0
        elif start + length > self._top + self.page:
            self._top = min(start, start + length - self.page)

    def move(self, rows: int) -> None:
        """At once within the items: keys typed ahead come before the pane is drawn."""
        self.cursor = max(0, min(self.cursor + rows, self.count - 1))
        self.sync()
