"""levanter: `RUN/step-N/` whose `metadata.json` commits the save and says whether it is to stay."""

from __future__ import annotations

from ...patterns import pattern
from ..content import judged_directories
from ..model import Kind
from ..sets import matching, numbered
from ..sighting import Sightings
from ..tree import Folder

_NAME = pattern(r"step-(?P<step>[0-9]+)")
_MARKER = "metadata.json"


class LevanterLayout:
    """Recognises levanter's checkpoint folder, told by what its metadata says."""

    name = "levanter"

    def recognise(self, folder: Folder) -> Sightings:
        found = [numbered(match) for match in matching(folder, _NAME, Kind.DIRECTORY)]
        if not any(_is_levanter(folder.child(one.name)) for one in found):
            return Sightings()
        return Sightings(tuple(judged_directories(folder, found, _uncommitted)))


def _is_levanter(inside: Folder | None) -> bool:
    if inside is None or inside.kinds.get(_MARKER) is not Kind.FILE:
        return False
    text = inside.read(_MARKER, 4096) or b""
    return b'"is_temporary"' in text or (b'"step"' in text and b'"timestamp"' in text)


def _uncommitted(inside: Folder) -> str:
    return "" if _MARKER in inside.kinds else f"no {_MARKER}, which is written last"
