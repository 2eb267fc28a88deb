"""Notice a pin that somebody sets while a commit is already running.

Looks at the pins file of an item right before it moves: one stat, and a read only if the
file is another one than before the plan was validated. Never writes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from ..catalog.model import Catalog
from ..pins import PinPlace, PinPlaces, read_pins
from ..places import PINS_FILE
from ..refusal import Refusal

Signature = tuple[int, int, int] | None


class PinWatch:
    """The pins files that matter to some items, as they were when it was made."""

    def __init__(self, catalog: Catalog, ids: Iterable[str]) -> None:
        self._places: dict[str, PinPlace] = {}
        self._signatures: dict[str, Signature] = {}
        places = PinPlaces(catalog)
        for item_id in ids:
            place = places.of(item_id)
            self._places[item_id] = place
            if place.state not in self._signatures:
                self._signatures[place.state] = _signature(place.state)

    def pinned_meanwhile(self, item_id: str) -> bool:
        """Whether a pin appeared since; a pins file that cannot be read counts as one."""
        place = self._places[item_id]
        if _signature(place.state) == self._signatures[place.state]:
            return False
        try:
            return any(pin.id == place.name for pin in read_pins(place.state))
        except Refusal:
            return True


def _signature(state: str) -> Signature:
    try:
        found = os.lstat(os.path.join(state, PINS_FILE))
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
