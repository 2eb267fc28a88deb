"""Snapshots and consolidated models by date: `snapshots/2025-11-11/`, `…/20251111_120000/`.

They are a series in order of their dates; the number is the date written as one integer
(20251111, or 20251111120000 with a time) and counts nothing. Folders of runs are named by dates
too, so a dated directory counts only in a folder whose name speaks of models, and only if it
holds weights and nothing of a run.
"""

from __future__ import annotations

import re

from ..content import holds_weights, judged_directories
from ..dates import date_number
from ..model import Kind
from ..run_signs import looks_like_run
from ..sighting import Sighting, Sightings
from ..tree import Folder

_PLACES = re.compile(
    r".*(snapshot|consolidated|checkpoint|ckpt|model|weight|backup|export|release|saved).*",
    re.IGNORECASE,
)


class DatedFoldersLayout:
    """Recognises directories of models whose names are dates."""

    name = "dated-folders"

    def recognise(self, folder: Folder) -> Sightings:
        if not _PLACES.fullmatch(folder.name):
            return Sightings()
        dates = {
            name: number
            for name in folder.names(Kind.DIRECTORY)
            if (number := date_number(name)) is not None
        }
        children = [child for name in dates if (child := folder.child(name)) is not None]
        if not any(map(holds_weights, children)) or any(map(looks_like_run, children)):
            return Sightings()
        found = [
            Sighting(name, "*", (name,), counter=number, counts="date")
            for name, number in dates.items()
        ]
        return Sightings(tuple(judged_directories(folder, found)))
