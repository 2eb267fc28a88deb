"""fairseq: `checkpointE.pt` per epoch, `checkpoint_E_U.pt` per update, and copies of the best.

The digit at the end of `checkpoint.best_loss_1.2345.pt` breaks ties at random and is no part of
the value. Shards and ranks of one checkpoint are one unit.
"""

from __future__ import annotations

from dataclasses import replace

from ...patterns import pattern
from ..model import Kind, Standing
from ..sets import file_sets, gather, judged
from ..sighting import Sighting, Sightings
from ..tree import Folder

_SHARD = r"(?P<part>-shard[0-9]+|-rank-[0-9]+)?"
_EPOCH = pattern(rf"checkpoint(?P<epoch>[0-9]{{1,9}}){_SHARD}\.pt")
_UPDATE = pattern(rf"checkpoint_(?P<epoch>[0-9]{{1,9}})_(?P<step>[0-9]{{1,18}}){_SHARD}\.pt")
_COPY = pattern(rf"checkpoint_(?P<kind>best|last){_SHARD}\.pt")
_BEST = pattern(
    rf"checkpoint\.best_(?P<metric>.+)_(?P<value>-?[0-9]+\.[0-9]{{3}})[0-9]{_SHARD}\.pt"
)


class FairseqLayout:
    """Recognises fairseq's save directory."""

    name = "fairseq"

    def recognise(self, folder: Folder) -> Sightings:
        if not folder.has_suffix(".pt"):
            return Sightings()
        found = file_sets(folder, _EPOCH) + file_sets(folder, _UPDATE)
        return Sightings(tuple(found + _copies(folder) + _best(folder)))


def _copies(folder: Folder) -> list[Sighting]:
    found = []
    for stem, one in gather(folder.names(Kind.FILE), _COPY).items():
        standing = Standing.BEST if one.match["kind"] == "best" else Standing.RESUME
        found.append(_copy(folder, stem, tuple(one.names.values()), standing))
    return found


def _best(folder: Folder) -> list[Sighting]:
    found = []
    for stem, one in gather(folder.names(Kind.FILE), _BEST).items():
        copy = _copy(folder, stem, tuple(one.names.values()), Standing.BEST)
        family = f"checkpoint.best_{one.match['metric']}_*.pt"
        metrics = {one.match["metric"]: float(one.match["value"])}
        found.append(replace(copy, family=family, metrics=metrics))
    return found


def _copy(folder: Folder, stem: str, members: tuple[str, ...], standing: Standing) -> Sighting:
    return judged(folder, Sighting(stem, "", members, standing=standing))
