"""A widget that draws lines, and has only those painted again that changed.

Everything on the review's screen is made of it. Text without a style is sent without a colour
code, in the terminal's own colours.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from .styles import in_theme

_AS_THEY_COME = "dark"
Run = tuple[str, Style | None]
Line = Sequence[Run]


class Lines(Widget):
    """Lines of styled text at a fixed place."""

    DEFAULT_CSS = "Lines { width: 1fr; height: 1; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._drawn: list[Strip] = []
        self._drawn_for: Size | None = None
        self._sending = False

    async def on_event(self, event: events.Event) -> None:
        """Keys that were typed ahead of the end may lie here; they are for the shell."""
        if self.is_attached or not isinstance(event, events.InputEvent):
            await super().on_event(event)

    def on_hide(self) -> None:
        """What changes while it is out of sight is drawn when it comes back, in whatever size."""
        if not self.display:
            self._drawn_for = None

    @property
    def columns(self) -> int:
        """Cells in a line."""
        return self.size.width

    @property
    def rows(self) -> int:
        """Lines on screen."""
        return self.size.height

    def sync(self) -> None:
        """Draw what is to be seen now."""
        raise NotImplementedError

    def render_lines(self, crop: Region) -> list[Strip]:
        """Textual asks for the cells; in a new size they are drawn first, and so sent once."""
        if self._drawn_for != self.size:
            self._drawn, self._sending = [], True
            try:
                self.sync()
            finally:
                self._sending = False
        return super().render_lines(crop)

    def draw(self, lines: Sequence[Line]) -> None:
        """Show these lines, from the top; what is below them is blank."""
        if self._drawn_for != self.size and not self._sending:
            self._drawn_for = None
            return  # the next `render_lines` does it
        self._drawn_for = self.size
        width, height = self.size
        theme = getattr(self.app, "colours", _AS_THEY_COME)
        before, self._drawn = self._drawn, []
        for y in range(height):
            strip = _strip(lines[y] if y < len(lines) else (), width, theme)
            if y < len(before) and strip == before[y]:
                strip = before[y]
            elif not self._sending:
                self.refresh(Region(0, y, width, 1))
            self._drawn.append(strip)

    def render_line(self, y: int) -> Strip:
        return self._drawn[y] if y < len(self._drawn) else Strip.blank(self.size.width)


def _strip(line: Line, width: int, theme: str) -> Strip:
    if theme != _AS_THEY_COME:
        line = [(text, style and in_theme(style, theme)) for text, style in line]
    strip = Strip([Segment(text, style) for text, style in line if text])
    if strip.cell_length < width:
        return Strip([*strip, Segment(" " * (width - strip.cell_length))], width)
    return strip if strip.cell_length == width else strip.crop(0, width)
