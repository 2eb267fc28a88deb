"""Lightning: `epoch=3-step=40.ckpt`, also with a prefix, metrics and a `-vK` collision suffix.

A metric whose name holds "/" turns the name into a directory and a file in it. `last.ckpt` is
what a run resumes from: a symlink (then it is a pointer) or a copy, which has no number and is
protected. `hpc_ckpt_K.ckpt` is SLURM's; K counts saves. Epochs count from 0, as in the name.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...patterns import pattern
from ..content import trouble_inside, with_trouble
from ..evidence import trouble_with
from ..key_values import read_key_values
from ..model import Kind, Standing
from ..sighting import Sighting, Sightings
from ..tree import Folder

_SUFFIX = ".ckpt"
_VERSION = pattern(r"-v[0-9]+$")
_LAST = pattern(r"last(-v[0-9]+)?\.ckpt")
_BEST = pattern(r"best(-v[0-9]+)?\.ckpt")
_SLURM = pattern(r"hpc_ckpt_([0-9]{1,18})\.ckpt")


class LightningLayout:
    """Recognises what Lightning's ModelCheckpoint writes by default and by `filename`."""

    name = "lightning"

    def recognise(self, folder: Folder) -> Sightings:
        names = [
            name
            for name, kind in folder.kinds.items()
            if name.endswith(_SUFFIX) and kind in (Kind.FILE, Kind.DIRECTORY)
        ]
        found = [one for name in names if (one := _read(folder, name))]
        found.extend(one for name in _split_names(folder) if (one := _numbered(folder, name)))
        return Sightings(tuple(found))


def _read(folder: Folder, name: str) -> Sighting | None:
    if _LAST.fullmatch(name):
        return _judged(folder, Sighting(name, "", (name,), standing=Standing.RESUME))
    if _BEST.fullmatch(name):
        return _judged(folder, Sighting(name, "", (name,), standing=Standing.BEST))
    if match := _SLURM.fullmatch(name):
        saves = int(match[1])
        one = Sighting(name, "hpc_ckpt_*.ckpt", (name,), counter=saves, counts="save")
        return _judged(folder, one)
    return _numbered(folder, name)


def _split_names(folder: Folder) -> Iterator[str]:
    """Names that a slash in a metric's name broke into directory and file."""
    for first in folder.names(Kind.DIRECTORY):
        if "=" in first and not first.endswith(_SUFFIX) and (child := folder.child(first)):
            for rest in child.kinds:
                if rest.endswith(_SUFFIX):
                    yield f"{first}/{rest}"


def _numbered(folder: Folder, name: str) -> Sighting | None:
    read = read_key_values(_VERSION.sub("", name[: -len(_SUFFIX)]))
    if read is None:
        return None
    one = Sighting(name, read.family + _SUFFIX, (name,), read.step, read.epoch, read.values)
    return _judged(folder, one)


def _judged(folder: Folder, one: Sighting) -> Sighting:
    """A sharded checkpoint is a directory; of a file the container is checked."""
    first, slash, rest = one.name.rpartition("/")
    place = folder.child(first) if slash else folder
    if place is None or place.kinds[rest] is Kind.FILE:
        return with_trouble(one, trouble_with(folder, one.name))
    return with_trouble(one, trouble_inside(place.child(rest)))
