"""What a checkpoint that stays needs of others: then those stay, too, and what they need in turn.

Pure functions of the catalog. A base named in a checkpoint's own configuration and a symbolic link
into another checkpoint bind as long as their holder stays; a holder that goes needs nothing.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from .catalog.model import Catalog, Need
from .catalog.path_owners import owner_of


@dataclass(frozen=True, slots=True)
class Dependency:
    """One checkpoint needs another; both are places in the catalog."""

    holder: int
    target: int
    path: str  # what says so: a file or a link in the holder
    need: Need | None  # None for a link


def dependencies(catalog: Catalog) -> tuple[Dependency, ...]:
    """Every one that is known, in catalog order of the holders."""
    measures = [one.measure for one in catalog.checkpoints]
    linked = [measure for measure in measures if measure is not None and measure.links]
    held = [one for one in catalog.references if one.holder is not None]
    if not linked and not held:
        return ()
    places = {one.id: place for place, one in enumerate(catalog.checkpoints)}
    found = [
        Dependency(places[one.holder], places[one.target], one.path, one.need)
        for one in held
        if one.holder in places and one.target in places
    ]
    if linked:
        found += _links(catalog)
    return tuple(sorted(found, key=lambda one: (one.holder, one.target, one.path)))


def _links(catalog: Catalog) -> Iterator[Dependency]:
    owners = {
        member.path: place
        for place, one in enumerate(catalog.checkpoints)
        for member in one.members
    }
    for place, one in enumerate(catalog.checkpoints):
        for path, text in one.measure.links if one.measure else ():
            target = owner_of(_leads_to(catalog.root, path, text), owners)
            if target is not None and target != place:
                yield Dependency(place, target, path, None)


def _leads_to(root: str, path: str, text: str) -> str:
    """Where a link leads, relative to the root; "" when that is outside."""
    above = posixpath.join(root, posixpath.dirname(path))
    absolute = posixpath.normpath(posixpath.join(above, text))
    return absolute[len(root) + 1 :] if absolute.startswith(root.rstrip("/") + "/") else ""
