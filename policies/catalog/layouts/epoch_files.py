"""Single files per epoch: `name_epochN.pth`, `name_epoch_N.pt`, `name.pth.N`.

Series are per model name; the un-numbered `name.pth` beside them is the final model.
"""

from __future__ import annotations

from ...patterns import pattern
from ..evidence import trouble_with
from ..model import Kind, State
from ..sighting import FinalModel, Sighting, Sightings
from ..tree import Folder
from ..weight_like import are_pieces
from ..words import FOREIGN_WORDS, words_of

_EPOCH_NAME = pattern(r"(?P<model>.+?)(?P<mark>[_-]epoch[_-]?)(?P<n>[0-9]+)\.(?P<suffix>pth|pt)")
_NUMBER_LAST = pattern(r"(?P<model>.+)\.(?P<suffix>pth|pt)\.(?P<n>[0-9]+)")


class EpochFilesLayout:
    """Recognises the epoch files of hand-written PyTorch loops."""

    name = "epoch-files"

    def recognise(self, folder: Folder) -> Sightings:
        files = folder.names(Kind.FILE)
        checkpoints: list[Sighting] = []
        finals: dict[str, FinalModel] = {}
        read = {name: found for name in files if (found := _read_name(name))}
        split = _split(folder, read)
        for name, (family, number, final) in read.items():
            if family in split:
                continue
            checkpoints.append(_sighting(folder, name, family, number))
            if folder.kinds.get(final) is Kind.FILE:
                finals[final] = FinalModel((final,), f"the final model of {family}")
        return Sightings(tuple(checkpoints), tuple(finals.values()))


def _read_name(name: str) -> tuple[str, int, str] | None:
    """Family, epoch and the name of the final model, of a name that matches in full."""
    if ".pt" not in name or not FOREIGN_WORDS.isdisjoint(words_of(name)):
        return None
    if match := _EPOCH_NAME.fullmatch(name):
        model, suffix = match["model"], match["suffix"]
        return f"{model}{match['mark']}*.{suffix}", int(match["n"]), f"{model}.{suffix}"
    if match := _NUMBER_LAST.fullmatch(name):
        final = f"{match['model']}.{match['suffix']}"
        return f"{final}.*", int(match["n"]), final
    return None


def _split(folder: Folder, read: dict[str, tuple[str, int, str]]) -> set[str]:
    """Families of one file in pieces: of `name.pth.001`, `.002`, only the first has a start."""
    last: dict[str, list[str]] = {}
    for name, (family, _, _) in read.items():
        if family.endswith(".*"):
            last.setdefault(family, []).append(name)
    return {family for family, names in last.items() if are_pieces(folder, names)}


def _sighting(folder: Folder, name: str, family: str, epoch: int) -> Sighting:
    trouble = trouble_with(folder, name)
    return Sighting(
        name=name,
        family=family,
        members=(name,),
        epoch=float(epoch),
        state=State.INCOMPLETE if trouble else State.COMPLETE,
        evidence=trouble,
    )
