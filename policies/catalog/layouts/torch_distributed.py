"""torch.distributed.checkpoint and its users: torchtitan's `step-N/`, any directory of shards.

`.metadata`, a hidden file, is renamed into place last and commits the save. torchtitan also exports
safetensors, whose index commits instead.
"""

from __future__ import annotations

from ...patterns import pattern
from ..content import DCP_MARKER, judged_directories
from ..model import Kind
from ..numbered_names import families
from ..roles import is_optimizer
from ..sets import as_sighting, matching, numbered
from ..sighting import Sighting, Sightings
from ..tree import Folder

_TITAN = pattern(r"step-(?P<step>[0-9]+)")
_EXPORT_INDEX = "model.safetensors.index.json"


class TorchtitanLayout:
    """Recognises torchtitan's checkpoint folder; resuming picks the greatest committed step."""

    name = "torchtitan"

    def recognise(self, folder: Folder) -> Sightings:
        found = [numbered(match) for match in matching(folder, _TITAN, Kind.DIRECTORY)]
        if not any(_holds_shards(folder.child(one.name)) for one in found):
            return Sightings()
        return Sightings(tuple(judged_directories(folder, found, _uncommitted, siblings=False)))


class TorchShardsLayout:
    """Recognises any directory that torch.distributed.checkpoint wrote, whatever its name."""

    name = "torch-dcp"

    def recognise(self, folder: Folder) -> Sightings:
        names = [name for name in folder.names(Kind.DIRECTORY) if _holds_shards(folder.child(name))]
        read = {one.name: one for family in families(names).values() for one in family}
        found = [
            as_sighting(read[name])
            if name in read and not is_optimizer(name)  # accelerate's optimizer_0, optimizer_1
            else Sighting(name, name, (name,))
            for name in names
        ]
        return Sightings(tuple(judged_directories(folder, found, _uncommitted)))


def _holds_shards(inside: Folder | None) -> bool:
    return inside is not None and (DCP_MARKER in inside.kinds or inside.has_suffix(".distcp"))


def _uncommitted(inside: Folder) -> str:
    committed = DCP_MARKER in inside.kinds or _EXPORT_INDEX in inside.kinds
    return "" if committed else f"no {DCP_MARKER}, which is written last"
