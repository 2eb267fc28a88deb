"""Rows as people name them on a line: 3, 5-9, 3,5,8-10, all."""

from __future__ import annotations


class ChoiceError(ValueError):
    """A choice that cannot be understood; `str()` is for the person who typed it."""


def chosen(text: str, count: int) -> list[int]:
    """Positions from 0, each once, in the order of the list; ChoiceError names the odd part."""
    if text.strip().lower() == "all":
        return list(range(count))
    found: set[int] = set()
    for part in text.replace(",", " ").split():
        first, dash, last = part.partition("-")
        low, high = _number(first, part, count), _number(last if dash else first, part, count)
        found.update(range(low - 1, high))
    return sorted(found)


def _number(text: str, part: str, count: int) -> int:
    if not (text.isdecimal() and text.isascii()):
        raise ChoiceError(f"{part!r} is no row; write 3, 5-9, 3,5 or all")
    number = int(text)
    if not 1 <= number <= count:
        raise ChoiceError(f"{part!r}: there are {count}")
    return number
