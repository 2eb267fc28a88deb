"""A widget that draws lines, and sends only the cells that changed since it last drew them.

Everything on the review's screen is made of it: over a slow link the cost of a key is what it
changes, not what is on the screen. Text without a style is sent without a colour code.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

Run = tuple[str, Style | None]
Line = Sequence[Run]


class Lines(Widget):
    """Lines of styled text at a fixed place."""

    DEFAULT_CSS = "Lines { width: 1fr; height: 1; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._drawn: list[Strip] = []

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

    def on_resize(self) -> None:
        self._drawn = []
        self.sync()

    def draw(self, lines: Sequence[Line]) -> None:
        """Show these lines, from the top; what is below them is blank."""
        width, height = self.size
        changed: list[Region] = []
        strips: list[Strip] = []
        for y in range(height):
            line = lines[y] if y < len(lines) else ()
            strip = _strip(line, width)
            before = self._drawn[y] if y < len(self._drawn) else None
            strips.append(_note_change(strip, before, y, changed))
        self._drawn = strips
        if changed:
            self.refresh(*changed)

    def render_line(self, y: int) -> Strip:
        return self._drawn[y] if y < len(self._drawn) else Strip.blank(self.size.width)


def _strip(line: Line, width: int) -> Strip:
    strip = Strip([Segment(text, style) for text, style in line if text])
    if strip.cell_length < width:
        return Strip([*strip, Segment(" " * (width - strip.cell_length))], width)
    return strip if strip.cell_length == width else strip.crop(0, width)


def _note_change(strip: Strip, before: Strip | None, y: int, changed: list[Region]) -> Strip:
    """Note which cells differ, and cut the strip there, since whole segments are sent."""
    width = strip.cell_length
    if before is None or before.cell_length != width:
        changed.append(Region(0, y, width, 1))
        return strip
    first, last = _difference(_cells(before), _cells(strip))
    if first >= last:
        return before
    changed.append(Region(first, y, last - first, 1))
    cuts = sorted({cut for cut in (first, last, width) if cut})
    return Strip([segment for part in strip.divide(cuts) for segment in part], width)


def _cells(strip: Strip) -> list[tuple[str, Style | None]]:
    """One entry per cell; a wide character fills its second cell with nothing."""
    if all(segment.text.isascii() for segment in strip):
        return [(char, style) for text, style, _ in strip for char in text]
    cells: list[tuple[str, Style | None]] = []
    for text, style, _ in strip:
        for char in text:
            cells.append((char, style))
            cells.extend([("", style)] * (Segment(char).cell_length - 1))
    return cells


def _difference(old: Sequence[object], new: Sequence[object]) -> tuple[int, int]:
    """The first and the end of the stretch where two sequences of one length differ."""
    end = len(new)
    if len(old) != end:
        return 0, end
    first = 0
    while first < end and old[first] == new[first]:
        first += 1
    while end > first and old[end - 1] == new[end - 1]:
        end -= 1
    return first, end
