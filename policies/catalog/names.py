"""Names: natural order, and the decimal numbers that frameworks write into names."""

from __future__ import annotations

from ..patterns import pattern

_DIGITS = pattern(r"([0-9]+)")


def natural_key(name: str) -> tuple[tuple[int, int | str], ...]:
    """A sort key in which checkpoint-9 stands before checkpoint-10."""
    parts = _DIGITS.split(name)
    return tuple((0, int(part)) if part.isdecimal() else (1, part) for part in parts if part)
