"""Keras: files per epoch, named after a pattern such as `{epoch:02d}-{val_loss:.2f}`; backups.

Names count epochs from 1. BackupAndRestore keeps weights and a JSON beside them; both are what a
run resumes from. Two kinds of file for one epoch (`.keras`, `.weights.h5`) are two series.
"""

from __future__ import annotations

from ..content import with_trouble
from ..model import Kind, Standing
from ..numbered_names import NumberedName, families
from ..sets import as_sighting, judged
from ..sighting import Sighting, Sightings
from ..tree import Folder
from ..words import FOREIGN_WORDS, MODEL_WORDS, words_of

_SUFFIXES = (".keras", ".h5", ".hdf5")
_BACKUP_WEIGHTS = "latest.weights.h5"
_BACKUP_STATE = "training_metadata.json"
_SPARE = ".bkp"


class KerasLayout:
    """Recognises what ModelCheckpoint and BackupAndRestore write."""

    name = "keras"

    def recognise(self, folder: Folder) -> Sightings:
        if not folder.has_suffix(*_SUFFIXES, _SPARE) and _BACKUP_STATE not in folder.kinds:
            return Sightings()
        backup = _backup(folder)
        names = [name for name in folder.names(Kind.FILE) if name.endswith(_SUFFIXES)]
        found = [
            judged(folder, as_sighting(one, "epoch"))
            for family in families(name for name in names if not _is_foreign(name)).values()
            if _says_so(family[0]) or (len(family) > 1 and _speaks_of_models(family[0]))
            for one in family
        ]
        return Sightings(tuple(found + backup))


def _is_foreign(name: str) -> bool:
    return name == _BACKUP_WEIGHTS or not FOREIGN_WORDS.isdisjoint(words_of(name))


def _speaks_of_models(one: NumberedName) -> bool:
    """HDF5 holds data as often as weights; a metric or a word tells."""
    return one.family.count("*") > 1 or not MODEL_WORDS.isdisjoint(words_of(one.name))


def _says_so(one: NumberedName) -> bool:
    """A single file counts if its name is one that only a Keras pattern makes."""
    if one.name.endswith((".keras", ".weights.h5")):
        return True
    return one.plain is None


def _backup(folder: Folder) -> list[Sighting]:
    """The JSON is written after the weights: it leaves first."""
    names = [
        name
        for name in (
            _BACKUP_STATE, _BACKUP_WEIGHTS, _BACKUP_STATE + _SPARE, _BACKUP_WEIGHTS + _SPARE,
        )
        if folder.kinds.get(name) is Kind.FILE
    ]  # fmt: skip
    if not any(name.startswith(_BACKUP_STATE) for name in names):
        return []
    one = Sighting(_BACKUP_WEIGHTS, "", tuple(names), standing=Standing.RESUME)
    if _BACKUP_WEIGHTS not in names:
        return [with_trouble(one, f"{_BACKUP_STATE} without {_BACKUP_WEIGHTS}")]
    return [judged(folder, one)]
