"""Numbers as logs hold them: JSON values and the text of cells.

Counts are bounded: they become keys of dictionaries, and Python lets whoever may choose large
integers freely make all of them collide, which turns a small file into hours of work.
"""

from __future__ import annotations

import math

MAX_COUNT = 10**15  # steps and epochs beyond this are no counts of anything


def number(value: object) -> float | None:
    """A JSON number, NaN and infinities included; booleans are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def count(value: object) -> int | None:
    """A whole number from 0 up, also where it was logged as a float."""
    found = number(value)
    if found is None or not 0 <= found <= MAX_COUNT or found != int(found):
        return None
    return int(found)


def cell(text: str) -> float | None:
    """The number in a cell of text; None for an empty cell and for words."""
    try:
        return float(text)
    except ValueError:
        return None


def cell_count(text: str) -> int | None:
    """The whole number from 0 up in a cell of text."""
    return count(cell(text))
