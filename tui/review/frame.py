"""Sends only the cells that changed, as curses does; Textual by itself sends whole lines.

Over a slow link the cost of a key is then what it changes, not what is on the screen. Stands on
how Textual 8.2.8 hands its updates over, which is one reason for that exact pin.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Size
from textual.strip import Strip

_Cell = tuple[str, Style | None]  # the second cell of a wide character holds ""
_BLANK: _Cell = (" ", None)
_CLEAR = "\x1b[2J"
_CLEAR_TO_END = "\x1b[K"
_JUMP = 10  # bytes that moving the cursor costs; shorter unchanged stretches are sent again


class Frame:
    """What the terminal shows now, cell by cell."""

    def __init__(self) -> None:
        self._lines: list[list[_Cell]] = []
        self._size = Size(0, 0)

    def forget(self) -> None:
        """The terminal may show anything: clear it before the next update."""
        self._lines = []

    def update(self, update: LayoutUpdate | ChopsUpdate, size: Size) -> CompositorUpdate:
        """The same update, reduced to what differs when it is sent."""
        return _CellUpdate(self, update, size)

    def changes(self, update: LayoutUpdate | ChopsUpdate, size: Size, console: Console) -> str:
        """Bytes for the terminal; from then on they count as shown."""
        start = ""
        if not self._lines or self._size != size:
            self._size = size
            self._lines = [[_BLANK] * size.width for _ in range(size.height)]
            start = _CLEAR
        system = console._color_system or ColorSystem.TRUECOLOR
        parts = [start]
        for y, pieces in groupby(_pieces(update), key=lambda piece: piece[0]):
            if y < size.height:
                old = self._lines[y]
                new = _overwritten(old, pieces)
                parts.append(_line_changes(y, old, new, system))
                self._lines[y] = new
        return "".join(parts)


class _CellUpdate(CompositorUpdate):
    """Computed only when it is really written, since Textual may drop an update."""

    def __init__(self, frame: Frame, update: LayoutUpdate | ChopsUpdate, size: Size) -> None:
        self._frame, self._update, self._size = frame, update, size

    def render_segments(self, console: Console) -> str:
        return self._frame.changes(self._update, self._size, console)


def _pieces(update: LayoutUpdate | ChopsUpdate) -> Iterator[tuple[int, int, Strip]]:
    """Row, column and content of everything in an update, row after row."""
    if isinstance(update, LayoutUpdate):
        for y, line in enumerate(update.strips, update.region.y):
            x = update.region.x
            for strip in line:
                yield y, x, strip
                x += strip.cell_length
        return
    for y in sorted({y for y, _, _ in update.spans}):
        for x, chop in update.chops[y].items():
            if chop is not None:
                yield y, x, chop


def _overwritten(old: list[_Cell], pieces: Iterable[tuple[int, int, Strip]]) -> list[_Cell]:
    new = list(old)
    for _, x, strip in pieces:
        cells = _cells(strip)[: len(new) - x]
        new[x : x + len(cells)] = cells
    return new


def _cells(strip: Strip) -> list[_Cell]:
    cells: list[_Cell] = []
    for text, style, _ in strip:
        style = _visible(style)
        blank = _BLANK if style is None or _only_colours_text(style) else (" ", style)
        for char in text:
            cells.append(blank if char == " " else (char, style))
            if not char.isascii():
                cells.extend([("", style)] * (cell_len(char) - 1))
    return cells


@lru_cache(256)
def _visible(style: Style | None) -> Style | None:
    """None for a style that shows nothing but the terminal's own colours."""
    if style is None:
        return None
    plain = all(colour is None or colour.is_default for colour in (style.color, style.bgcolor))
    return None if plain and not style._attributes else style


@lru_cache(256)
def _only_colours_text(style: Style) -> bool:
    """Whether a space in this style is an empty cell."""
    own_background = style.bgcolor is not None and not style.bgcolor.is_default
    return not (own_background or style.reverse or style.underline or style.strike)


def _line_changes(y: int, old: list[_Cell], new: list[_Cell], system: ColorSystem) -> str:
    if old == new:
        return ""
    filled = len(new)
    while filled and new[filled - 1] == _BLANK:
        filled -= 1
    parts = []
    for first, end in _spans(old, new):
        if first >= filled and len(new) - first > len(_CLEAR_TO_END):
            parts.append(f"\x1b[{y + 1};{first + 1}H{_CLEAR_TO_END}")
            break
        if end > filled + len(_CLEAR_TO_END):
            text = _rendered(new[first:filled], system) + _CLEAR_TO_END
            parts.append(f"\x1b[{y + 1};{first + 1}H{text}")
            break
        parts.append(f"\x1b[{y + 1};{first + 1}H{_rendered(new[first:end], system)}")
    return "".join(parts)


def _spans(old: list[_Cell], new: list[_Cell]) -> Iterator[tuple[int, int]]:
    """Stretches that differ, merged where jumping would cost more than sending."""
    first = end = -1
    for x, (before, now) in enumerate(zip(old, new, strict=True)):
        if before == now:
            continue
        if first < 0:
            first = x
        elif x - end > _JUMP:
            yield _whole(first, end, old, new)
            first = x
        end = x + 1
    if first >= 0:
        yield _whole(first, end, old, new)


def _whole(first: int, end: int, old: list[_Cell], new: list[_Cell]) -> tuple[int, int]:
    """No wide character may be cut in two, neither the new one nor what it covers."""
    while first and (new[first][0] == "" or old[first][0] == ""):
        first -= 1
    while end < len(new) and (new[end][0] == "" or old[end][0] == ""):
        end += 1
    return first, end


def _rendered(cells: list[_Cell], system: ColorSystem) -> str:
    """Runs of one style; a blank between two words takes the style before it."""
    parts = []
    for style, run in groupby(_inked(cells), key=lambda cell: cell[1]):
        text = "".join(char for char, _ in run)
        parts.append(text if style is None else style.render(text, color_system=system))
    return "".join(parts)


def _inked(cells: list[_Cell]) -> Iterator[_Cell]:
    before: Style | None = None
    for cell in cells:
        if cell == _BLANK and before is not None and _only_colours_text(before):
            yield (" ", before)
        else:
            before = cell[1]
            yield cell
