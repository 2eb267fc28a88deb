"""What a second look saw, as plain values that go from one process to another, and back.

Names that many directories share are sent once, so the order of packing is that of unpacking.
"""

from __future__ import annotations

from dataclasses import astuple
from typing import Any

from ..catalog.listing import Names, Stat
from ..catalog.model import Kind
from .outcome import Unmoved
from .second_look import Look

Seen = Look | OSError


class Packing:
    """One way from the process that packs to the one that unpacks."""

    def __init__(self) -> None:
        self._sent: dict[Names, int] = {}
        self._received: list[Names] = []

    def pack(self, seen: Seen) -> tuple[Any, ...]:
        """Numbers, texts and tuples of such."""
        if isinstance(seen, OSError):
            said = str(seen) if isinstance(seen, Unmoved) else None
            return said, seen.errno, seen.strerror if seen.errno else str(seen)
        top = tuple((one.kind.value, *astuple(one)[1:]) for one in seen.top)
        new: list[tuple[tuple[str, str], ...]] = []
        listings = []
        for path, names in seen.listings.items():
            if names not in self._sent:
                self._sent[names] = len(self._sent)
                new.append(tuple((name, kind.value) for name, kind in names.kinds.items()))
            listings.append((path, self._sent[names]))
        return top, seen.identity, tuple(new), tuple(listings)

    def unpack(self, packed: tuple[Any, ...]) -> Seen:
        """What was packed."""
        if len(packed) == 3:
            said, number, words = packed
            if said is not None:
                return Unmoved(said)
            return OSError(words) if number is None else OSError(number, words)
        top, identity, new, listings = packed
        for kinds in new:
            self._received.append(Names({name: Kind(kind) for name, kind in kinds}))
        return Look(
            tuple(Stat(Kind(kind), *numbers) for kind, *numbers in top),
            identity,
            {path: self._received[number] for path, number in listings},
        )
