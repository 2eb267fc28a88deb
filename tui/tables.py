"""Plain aligned tables: cut to fit a terminal, whole and with the same columns when piped."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from ..policies.late_dataclass import dataclass
from .output import shown

_GAP = "  "
_LEAST = 12  # a flexible column is never cut below this


@dataclass(frozen=True, slots=True)
class Column:
    """One column; at most one of a table is flexible, and gives way on a narrow terminal."""

    title: str
    right: bool = False
    flexible: bool = False


def table(columns: Sequence[Column], rows: Iterable[Sequence[str]], width: int | None) -> str:
    """The lines of a table, without blanks at their ends; `width` None: nothing is cut."""
    cells = [[column.title for column in columns], *([shown(cell) for cell in r] for r in rows)]
    widths = [max(_wide(row[i]) for row in cells) for i in range(len(columns))]
    if width is not None:
        _narrow(columns, widths, width)
    return "\n".join(_line(columns, widths, row) for row in cells)


def _narrow(columns: Sequence[Column], widths: list[int], width: int) -> None:
    excess = sum(widths) + len(_GAP) * (len(widths) - 1) - width
    for i, column in enumerate(columns):
        if column.flexible and excess > 0:
            widths[i] = max(min(widths[i], _LEAST), widths[i] - excess)


def _line(columns: Sequence[Column], widths: Sequence[int], row: Sequence[str]) -> str:
    parts = zip(columns, widths, row, strict=True)
    return _GAP.join(_fit(text, size, column.right) for column, size, text in parts).rstrip()


def _fit(text: str, size: int, right: bool) -> str:
    if _wide(text) > size:
        text = text[:size]
        while _wide(text) > size - 1:
            text = text[:-1]
        text += "…"
    blanks = " " * (size - _wide(text))
    return blanks + text if right else text + blanks


def _wide(text: str) -> int:
    """Columns on screen; East Asian characters take two."""
    if text.isascii():
        return len(text)
    return sum(1 + (unicodedata.east_asian_width(char) in "WF") for char in text)
