"""Caffe, and openpose with it: `x_iter_440000.caffemodel` and `.solverstate` are one snapshot."""

from __future__ import annotations

from ...patterns import pattern
from ..sets import file_sets
from ..sighting import Sightings
from ..tree import Folder

_NAME = pattern(r".+_iter_(?P<step>[0-9]{1,18})(?P<ending>\.(?:caffemodel|solverstate)(?:\.h5)?)")


class CaffeLayout:
    """Recognises the solver's snapshots; without weights a snapshot is incomplete."""

    name = "caffe"

    def recognise(self, folder: Folder) -> Sightings:
        found = file_sets(folder, _NAME, order=lambda name: ".caffemodel" not in name)
        weights = [one for one in found if any(".caffemodel" in name for name in one.members)]
        return Sightings(tuple(found)) if weights else Sightings()
