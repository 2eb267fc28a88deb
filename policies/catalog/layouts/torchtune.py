"""torchtune's older flat layout: `hf_model_0001_3.pt`, `meta_model_3.pt`, `adapter_3.pt`.

The first number of `hf_model` is the shard, the last the epoch; all files of one epoch are one
checkpoint. `recipe_state.pt` is written over and belongs to the newest. Epoch directories are
numbered directories like others.
"""

from __future__ import annotations

from dataclasses import replace

from ...patterns import pattern
from ..model import Kind, State
from ..sets import file_sets
from ..sighting import Sighting, Sightings
from ..tree import Folder

_NAME = pattern(
    r"(?P<part>hf_model_[0-9]{4}|meta_model|adapter)_(?P<epoch>[0-9]{1,9})(?P<ending>\.pt|\.safetensors)"
)
_RECIPE_STATE = "recipe_state.pt"


class TorchtuneLayout:
    """Recognises the flat output directory of torchtune's first releases."""

    name = "torchtune"

    def recognise(self, folder: Folder) -> Sightings:
        if not any(name.startswith(("hf_model_", "meta_model_")) for name in folder.kinds):
            return Sightings()
        sets = file_sets(folder, _NAME, order=lambda name: "model" not in name)
        # Only the first file's name is both whole and different from epoch to epoch.
        found = [replace(one, name=one.members[0]) for one in sets]
        if folder.kinds.get(_RECIPE_STATE) is Kind.FILE:
            found = [_with_recipe_state(one, found) for one in found]
        return Sightings(tuple(found))


def _with_recipe_state(one: Sighting, found: list[Sighting]) -> Sighting:
    whole = [other.epoch or 0 for other in found if other.state is State.COMPLETE]
    if one.state is not State.COMPLETE or one.epoch != max(whole):
        return one
    return replace(one, members=(*one.members, _RECIPE_STATE))
