"""kohya sd-scripts: `NAME-000002.safetensors` per epoch, `NAME-step00000500.safetensors` per step.

What resuming needs lies in a `-state/` directory of the same name, one checkpoint with the file.
`NAME.safetensors` and `NAME-state/` are what training ended with.
"""

from __future__ import annotations

from ...patterns import pattern
from ..model import Kind
from ..sets import FileSet, gather, judged, numbered
from ..sighting import FinalModel, Sighting, Sightings
from ..tree import Folder

_NAME = pattern(
    r"(?P<model>.+)-(?:step(?P<step>[0-9]{8})|(?P<epoch>[0-9]{6}))"
    r"(?P<ending>-state|\.safetensors|\.ckpt)"
)
_STATE = "-state"
_ENDINGS = (_STATE, ".safetensors", ".ckpt")


class KohyaLayout:
    """Recognises what the training scripts of kohya write; epochs and steps are two series."""

    name = "kohya"

    def recognise(self, folder: Folder) -> Sightings:
        if not any(name.endswith(_ENDINGS) for name in folder.kinds):
            return Sightings()
        kinds = {name: kind for name, kind in folder.kinds.items() if _fits(name, kind)}
        sets = gather(kinds, _NAME)
        found = [_sighting(folder, stem, one) for stem, one in sets.items()]
        models = dict.fromkeys(one.match["model"] for one in sets.values())
        finals = tuple(final for model in models if (final := _final(folder, model)))
        return Sightings(tuple(found), finals)


def _fits(name: str, kind: Kind) -> bool:
    return kind is (Kind.DIRECTORY if name.endswith(_STATE) else Kind.FILE)


def _sighting(folder: Folder, stem: str, one: FileSet) -> Sighting:
    members = tuple(sorted(one.names.values(), key=lambda name: name.endswith(_STATE)))
    family = numbered(one.match).family
    return judged(folder, numbered(one.match, name=stem, family=family, members=members))


def _final(folder: Folder, model: str) -> FinalModel | None:
    names = (f"{model}.safetensors", f"{model}.ckpt", f"{model}{_STATE}")
    there = tuple(name for name in names if name in folder.kinds)
    return FinalModel(there, f"the final model of {model}") if there else None
