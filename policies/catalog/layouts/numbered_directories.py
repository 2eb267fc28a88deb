"""Generic `step_N/` and `epoch_N/` directories (also with "-"), told by their content.

A directory of that name counts only if it, or a sibling of its family, holds weights. One that
lacks a file which all its siblings have is incomplete. torchtune keeps what resuming needs in
`recipe_state/` beside them: it belongs to the newest alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ...patterns import pattern
from ..content import holds_weights, judged_directories
from ..model import Kind, State
from ..sets import matching, numbered
from ..sighting import Sighting, Sightings
from ..tree import Folder

_NAME = pattern(r"step[_-](?P<step>[0-9]+)|epoch[_-](?P<epoch>[0-9]+)")
_RECIPE_STATE = "recipe_state"


class NumberedDirectoriesLayout:
    """Recognises the directories that accelerate scripts, torchtune and many others write."""

    name = "numbered-directories"

    def recognise(self, folder: Folder) -> Sightings:
        families: dict[str, list[Sighting]] = {}
        for match in matching(folder, _NAME, Kind.DIRECTORY):
            one = numbered(match)
            families.setdefault(one.family, []).append(one)
        found: list[Sighting] = []
        for family in families.values():
            if any(holds_weights(folder.child(one.name)) for one in family):
                found.extend(judged_directories(folder, family))
        if folder.kinds.get(_RECIPE_STATE) is Kind.DIRECTORY:
            found = _with_recipe_state(found)
        return Sightings(tuple(found))


def _with_recipe_state(found: list[Sighting]) -> list[Sighting]:
    newest = _newest(one for one in found if one.state is State.COMPLETE)
    return [
        replace(one, members=(*one.members, _RECIPE_STATE)) if one is newest else one
        for one in found
    ]


def _newest(found: Iterable[Sighting]) -> Sighting | None:
    return max(found, key=lambda one: (one.step or 0, one.epoch or 0), default=None)
