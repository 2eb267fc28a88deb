"""accelerate `save_state` with automatic names: `checkpoints/checkpoint_I/`.

I counts saves from 0, whatever the step was: it orders the series and is no step. Told from other
directories of that name by the states of the random generators and of the optimizer.
"""

from __future__ import annotations

from ...patterns import pattern
from ..content import judged_directories
from ..model import Kind
from ..sets import matching, numbered
from ..sighting import Sightings
from ..tree import Folder

_NAME = pattern(r"checkpoint_(?P<counter>[0-9]+)")
_OWN_FILE = pattern(
    r"random_states_[0-9]+\.pkl|optimizer(_[0-9]+)?\.bin|scheduler(_[0-9]+)?\.bin|sampler(_[0-9]+)?\.bin"
    r"|custom_checkpoint_[0-9]+\.pkl|dl_state_dict(_[0-9]+)?\.bin"
)


class AccelerateLayout:
    """Recognises the numbered saves of accelerate's ProjectConfiguration."""

    name = "accelerate"

    def recognise(self, folder: Folder) -> Sightings:
        matches = matching(folder, _NAME, Kind.DIRECTORY)
        if not any(_is_accelerate(folder.child(match[0])) for match in matches):
            return Sightings()
        found = [numbered(match, counts="save") for match in matches]
        return Sightings(tuple(judged_directories(folder, found)))


def _is_accelerate(inside: Folder | None) -> bool:
    return inside is not None and any(_OWN_FILE.fullmatch(name) for name in inside.kinds)
