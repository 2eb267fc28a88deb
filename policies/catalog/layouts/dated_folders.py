"""Snapshots and consolidated models by date: `snapshots/2025-11-11/`, `…/20251111_120000/`.

They are a series in order of their dates; the number is the date written as one integer
(20251111, or 20251111120000 with a time) and counts nothing. Folders of runs are named by dates
too, so a dated directory counts only in a folder whose name speaks of models, and only if it
holds weights and nothing of a run, or if `keepstep snapshot` made it.
"""

from __future__ import annotations

import re

from ...patterns import pattern
from ...places import SNAPSHOT_RECORD
from ..content import holds_weights, judged_directories
from ..dates import date_number
from ..model import Kind
from ..run_signs import looks_like_run
from ..sighting import Sighting, Sightings
from ..tree import Folder

_PLACES = pattern(
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
        children = {n: child for n in dates if (child := folder.child(n)) is not None}
        ours = {n for n, child in children.items() if SNAPSHOT_RECORD in child.kinds}
        foreign = [child for n, child in children.items() if n not in ours]
        models = any(map(holds_weights, foreign)) and not any(map(looks_like_run, foreign))
        found = {
            name: Sighting(name, "*", (name,), counter=number, counts="date")
            for name, number in dates.items()
            if models or name in ours
        }
        # Ours are put in place when they are whole.
        others = judged_directories(folder, [found[n] for n in found if n not in ours])
        whole = [found[name] for name in found if name in ours]
        return Sightings(tuple(whole + others))
