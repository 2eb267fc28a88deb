"""Flax legacy: `checkpoint_N` files without extension that hold msgpack; other prefixes likewise.

Large arrays lie beside the file in `checkpoint_N_gda/`. The first byte of the file tells msgpack's
maps from text and anything else with such a name.
"""

from __future__ import annotations

from dataclasses import replace

from ...patterns import pattern
from ..model import Kind
from ..sets import judged, matching, numbered
from ..sighting import Sighting, Sightings
from ..tree import Folder

_NAME = pattern(r"[A-Za-z][A-Za-z0-9_-]*_(?P<step>[0-9]{1,18})")
_LOOKS = 3  # files of a family whose first byte is read
_ARRAYS = "_gda"
_MAP_STARTS = frozenset(range(0x81, 0x90)) | {0xDE, 0xDF}


class FlaxLayout:
    """Recognises what flax.training.checkpoints wrote before Orbax."""

    name = "flax"

    def recognise(self, folder: Folder) -> Sightings:
        found = [numbered(match) for match in matching(folder, _NAME)]
        families: dict[str, list[str]] = {}
        for one in found:
            families.setdefault(one.family, []).append(one.name)
        whole = {family for family, names in families.items() if _are_msgpack(folder, names)}
        return Sightings(tuple(_judged(folder, one) for one in found if one.family in whole))


def _are_msgpack(folder: Folder, names: list[str]) -> bool:
    """Some start as a map does, and none otherwise; an empty one may be being written."""
    starts = [start[0] for name in names[-_LOOKS:] if (start := folder.read(name, 1))]
    return bool(starts) and all(start in _MAP_STARTS for start in starts)


def _judged(folder: Folder, one: Sighting) -> Sighting:
    arrays = one.name + _ARRAYS
    if folder.kinds.get(arrays) is Kind.DIRECTORY:
        return replace(judged(folder, one), members=(one.name, arrays))
    return judged(folder, one)
