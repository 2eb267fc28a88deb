"""timm: `checkpoint-E.pth.tar`, which counts epochs, beside the `summary.csv` that tells so.

`model_best.pth.tar` and `last.pth.tar` are hard links or copies, known by their names.
"""

from __future__ import annotations

from ...patterns import pattern
from ..sets import single_files
from ..sighting import Sightings
from ..tree import Folder

_NAME = pattern(r"checkpoint-(?P<epoch>[0-9]{1,9})\.pth(?:\.tar)?")


class TimmLayout:
    """Recognises the output folder of timm's training script."""

    name = "timm"

    def recognise(self, folder: Folder) -> Sightings:
        if "summary.csv" not in folder.kinds:
            return Sightings()
        return Sightings(tuple(single_files(folder, _NAME)))
