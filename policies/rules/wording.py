"""Numbers in the words of rules: 3rd, 13000, 0.4127."""

from __future__ import annotations

from collections.abc import Sequence

from ..catalog.model import Checkpoint

NO_TIME = "its save time cannot be true, so no rule by time may drop it"


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 11th."""
    if 10 <= number % 100 <= 20:
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def plain(number: float) -> str:
    """A step or epoch without needless decimals."""
    return str(int(number)) if number == int(number) else f"{number:g}"


def own_name(checkpoint: Checkpoint) -> str:
    """The last part of the id: what a person calls the checkpoint."""
    return checkpoint.id.rpartition("/")[2]


def unit_of(items: Sequence[Checkpoint]) -> str:
    """What the numbers of these items count."""
    if any(item.step is not None for item in items):
        return "steps"
    return "epochs" if any(item.epoch is not None for item in items) else "numbers"


def span(seconds: float) -> str:
    """A length of time, roughly: 9.2d, 40m."""
    for unit, length in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds >= length:
            return f"{plain(round(seconds / length, 1))}{unit}"
    return f"{seconds:.0f}s"
