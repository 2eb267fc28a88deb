"""Orbax: `DIR/N/`, `DIR/prefix_N/`, and Flax's `checkpoint_N/` directories of the same format.

A save lies under a temporary name until it is whole, or is committed by a file inside where
renaming is not atomic; that file is missed only where siblings have it. A checkpoint whose own
metadata gives no time of commit was never committed.
"""

from __future__ import annotations

import re

from ...patterns import pattern
from ..content import judged_directories, with_trouble
from ..model import Kind
from ..sets import matching, numbered
from ..sighting import Sighting, Sightings
from ..tree import Folder
from ..words import counts_models

_NAME = pattern(r"(?:(?P<prefix>[A-Za-z][\w.-]*)_)?(?P<step>[0-9]{1,18})")
_TEMPORARY = pattern(
    r"(?:[A-Za-z][\w.-]*_)?(?P<step>[0-9]{1,18})(?P<part>\.orbax-checkpoint-tmp(?:-[0-9]+)?)"
)
_ITEM_MARKS = ("_METADATA", "_sharding", "manifest.ocdbt", "_strings.json", "array_metadatas")
_METADATA = "_CHECKPOINT_METADATA"
_COMMITTED = "commit_success.txt"
_NEVER_COMMITTED = pattern(rb'"commit_timestamp_nsecs"\s*:\s*null')


class OrbaxLayout:
    """Recognises what Orbax's CheckpointManager and Flax's wrapper of it write."""

    name = "orbax"

    def recognise(self, folder: Folder) -> Sightings:
        torn = [_torn(match) for match in matching(folder, _TEMPORARY, Kind.DIRECTORY)]
        named = matching(folder, _NAME, Kind.DIRECTORY)
        found = [numbered(match) for match in named if not counts_models(match["prefix"] or "")]
        families = {one.family for one in found if _is_orbax(folder.child(one.name))}
        families |= {one.family for one in torn}
        found = [one for one in found if one.family in families]
        if not found and not torn:
            return Sightings()
        marked = any(_has(folder, one, _COMMITTED) for one in found)
        judged = judged_directories(
            folder, found, lambda inside: _uncommitted(inside, marked), siblings=False
        )
        return Sightings(tuple(judged + torn))


def _torn(match: re.Match[str]) -> Sighting:
    return with_trouble(numbered(match), "its temporary name: the save was not committed")


def _has(folder: Folder, one: Sighting, name: str) -> bool:
    inside = folder.child(one.name)
    return inside is not None and name in inside.kinds


def _is_orbax(inside: Folder | None) -> bool:
    """Marks of the manager, or of an item in the directory itself or one level below."""
    if inside is None:
        return False
    if _METADATA in inside.kinds or _COMMITTED in inside.kinds or _is_item(inside):
        return True
    children = (inside.child(name) for name in inside.names(Kind.DIRECTORY))
    return any(child is not None and _is_item(child) for child in children)


def _is_item(folder: Folder) -> bool:
    return any(name in folder.kinds for name in _ITEM_MARKS)


def _uncommitted(inside: Folder, marked: bool) -> str:
    if marked and _COMMITTED not in inside.kinds:
        return f"no {_COMMITTED}, which its siblings have"
    if inside.kinds.get(_METADATA) is Kind.FILE:
        text = inside.read(_METADATA, 65536) or b""
        if not text.strip():
            return f"{_METADATA} is empty"
        if _NEVER_COMMITTED.search(text):
            return f"{_METADATA} gives no time of commit"
    return ""
