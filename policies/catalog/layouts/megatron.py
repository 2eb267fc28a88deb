"""Megatron-LM: `iter_0001000/`, `release/`, and the tracker that names the one to resume.

The tracker holds an iteration or the word `release`, and is written when a save has finished:
directories above it are suspect. Ranks are told by what the siblings have.
"""

from __future__ import annotations

from ...patterns import pattern
from ..content import holds_weights, judged_directories
from ..model import Kind, Standing
from ..sets import matching, numbered
from ..sighting import Sighting, Sightings, Tag
from ..tags import read_tag, suspect_after
from ..tree import Folder

_NAME = pattern(r"iter_(?P<step>[0-9]{7,})")
_RELEASE = "release"
_TRACKER = "latest_checkpointed_iteration.txt"


class MegatronLayout:
    """Recognises the save directory of Megatron-LM, in its own format and torch_dist."""

    name = "megatron"

    def recognise(self, folder: Folder) -> Sightings:
        tracked = read_tag(folder, _TRACKER)
        found = [numbered(match) for match in matching(folder, _NAME, Kind.DIRECTORY)]
        if tracked is None and not any(holds_weights(folder.child(one.name)) for one in found):
            return Sightings()
        found = judged_directories(folder, found)
        if tracked is not None and tracked.isdecimal():
            found = suspect_after(found, int(tracked), _TRACKER, lambda one: one.step or 0)
        if tracked is not None and folder.kinds.get(_RELEASE) is Kind.DIRECTORY:
            released = Sighting(_RELEASE, _RELEASE, (_RELEASE,), standing=Standing.BASE)
            found.extend(judged_directories(folder, [released]))
        tags = (
            () if tracked is None or not found else (Tag(_TRACKER, _directory(tracked), "resume"),)
        )
        return Sightings(tuple(found), tags=tags, claimed=tuple(tag.path for tag in tags))


def _directory(tracked: str) -> str:
    """The directory that the tracker's text stands for."""
    return f"iter_{int(tracked):07d}" if tracked.isdecimal() else tracked
