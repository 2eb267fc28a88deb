"""Scan again right before a commit, without reading twice what has not changed.

Every folder is listed, every link and pointer file is read and every layout looks anew; only what
is inside checkpoints that a second look found unchanged, entry by entry, is taken from the scan
before: that they are whole, their sizes, and their metrics. Logs of metrics are not read again: a
checkpoint that is new or has changed meanwhile has no metric but what its layout tells, and a
metric that is not known only ever keeps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from .assembly import assemble
from .discovery import Discovery, discover
from .local_tree import LocalTree
from .measure import measure
from .model import Catalog, Checkpoint, Kind, State
from .scan import with_measure
from .tree import Tree


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Checkpoints that were looked at again and are as the scan before found them."""

    checkpoints: Mapping[str, Checkpoint]  # by id
    listings: Mapping[str, dict[str, Kind]]  # of the directories inside them


def rescan(root: str, unchanged: Unchanged) -> Catalog:
    """The catalog of a root as it is now, every checkpoint sized; OSError if it cannot be listed.

    `root` is a catalog's: absolute, and with no link in it that was not followed before.
    """
    tree = _HalfKnownTree(root, unchanged)
    found = Discovery()
    for _ in discover(tree, found):
        pass
    known = unchanged.checkpoints
    catalog = assemble(tree, found, metrics=lambda _, seen, __: _with_known_metrics(seen, known))
    sized = (_sized(tree, one, known.get(one.id)) for one in catalog.checkpoints)
    return replace(catalog, checkpoints=tuple(sized))


def _with_known_metrics(
    seen: Sequence[Checkpoint], known: Mapping[str, Checkpoint]
) -> list[Checkpoint]:
    """What the scan before knew, and what the layouts have just found."""
    return [
        replace(one, metrics={**known[one.id].metrics, **one.metrics})
        if one.id in known and known[one.id].metrics
        else one
        for one in seen
    ]


class _HalfKnownTree(LocalTree):
    """The local disk, of which some directories have just been listed."""

    def __init__(self, root: str, unchanged: Unchanged) -> None:
        super().__init__(root)
        self._listings = unchanged.listings
        self.whole = frozenset(
            member.path
            for one in unchanged.checkpoints.values()
            if one.state is State.COMPLETE
            for member in one.members
        )

    def entries(self, path: str) -> dict[str, Kind]:
        listing = self._listings.get(path)
        return super().entries(path) if listing is None else listing


def _sized(tree: Tree, one: Checkpoint, known: Checkpoint | None) -> Checkpoint:
    if known is not None and known.members == one.members:
        return replace(one, measure=known.measure)
    return with_measure(one, measure(tree, one.members))
