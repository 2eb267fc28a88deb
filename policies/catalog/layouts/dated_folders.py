"""Snapshots and consolidated models by date: `snapshots/2025-11-11/`, `…/20251111_120000/`.

They are a series in order of their dates; the number is the date written as one integer
(20251111, or 20251111120000 with a time) and counts nothing. Folders of runs are named by dates
too, so a dated directory counts only in a folder whose name speaks of models, and only if it
holds weights and nothing of a run.
"""

from __future__ import annotations

import re
from datetime import datetime

from ..content import holds_weights, judged_directories
from ..model import Kind
from ..run_signs import looks_like_run
from ..sighting import Sighting, Sightings
from ..tree import Folder

_DATE = re.compile(
    r"(?P<date>(?:19|20)\d\d(?P<mark>[-_.]?)\d\d(?P=mark)\d\d)"
    r"(?:[-_T ]?(?P<time>\d\d[-_:.]?\d\d(?:[-_:.]?\d\d)?))?Z?"
)
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


def date_number(name: str) -> int | None:
    """A date, with or without a time, as one integer; None for what is no date."""
    match = _DATE.fullmatch(name)
    if match is None:
        return None
    digits = re.sub(r"\D", "", match["date"] + (match["time"] or ""))
    shape = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}[len(digits)]
    try:
        datetime.strptime(digits, shape)  # noqa: DTZ007  only whether there is such a date
    except ValueError:
        return None
    return int(digits)
