"""SpeechBrain: `save/CKPT+2025-01-01+09-00-00+00/`, with its metrics in a `CKPT.yaml` of its own.

That file is written first, so it says nothing of whether the rest is whole. Epochs order the series
where each checkpoint has one of its own; with saves amid epochs the dates do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ...patterns import pattern
from ..content import judged_directories
from ..dates import date_number
from ..model import Kind
from ..readers.small_json import read_speechbrain
from ..sighting import Sighting, Sightings
from ..tree import Folder

_NAME = pattern(r"CKPT\+(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}\+[0-9]{2}-[0-9]{2}-[0-9]{2})\+[0-9]{2}")
_META = "CKPT.yaml"


class SpeechBrainLayout:
    """Recognises the folder of SpeechBrain's Checkpointer."""

    name = "speechbrain"

    def recognise(self, folder: Folder) -> Sightings:
        dates = {
            name: number
            for name in folder.names(Kind.DIRECTORY)
            if (match := _NAME.fullmatch(name)) and (number := date_number(match["date"]))
        }
        inside = {name: child for name in dates if (child := folder.child(name)) is not None}
        if not any(_META in child.kinds for child in inside.values()):
            return Sightings()
        found = [
            _sighting(name, dates[name], inside.get(name))
            for name in sorted(dates, key=lambda name: (dates[name], name))
        ]
        if not _one_an_epoch(found):
            found = [replace(one, epoch=None) for one in found]
        return Sightings(tuple(judged_directories(folder, found)))


def _sighting(name: str, date: int, inside: Folder | None) -> Sighting:
    one = Sighting(name, "CKPT+*", (name,), counter=date, counts="date")
    if inside is None:
        return one
    epoch, metrics = inside.fact("CKPT.yaml", lambda: _meta(inside))
    return replace(one, epoch=epoch, metrics=metrics)


def _meta(inside: Folder) -> tuple[float | None, Mapping[str, float]]:
    found = read_speechbrain(inside)
    return (found.epoch, dict(found.metrics)) if found else (None, {})


def _one_an_epoch(found: Sequence[Sighting]) -> bool:
    epochs = [one.epoch for one in found if one.epoch is not None]
    return len(epochs) == len(found) and epochs == sorted(set(epochs))
