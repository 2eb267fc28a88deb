"""How much space deleting a set of checkpoints gives back, as an honest interval.

Blocks count, not lengths; an inode with several names counts once, and surely only when the set
holds its last name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from .catalog.model import Checkpoint, Measure


@dataclass(frozen=True, slots=True)
class Freed:
    """Bytes that deleting frees: surely, and if every other link to the same files goes too."""

    certain: int = 0
    possible: int = 0
    apparent: int = 0  # lengths; far above `possible` only for sparse files


class Measured(Protocol):
    """A checkpoint, or anything else that may have been sized."""

    @property
    def measure(self) -> Measure | None: ...


def freed(items: Iterable[Measured]) -> Freed:
    """Bytes freed once every one of these items is gone for good."""
    measures = [one.measure for one in items if one.measure is not None]
    certain = sum([measure.disk for measure in measures])
    apparent = sum([measure.apparent for measure in measures])
    shared: dict[tuple[int, int], list[int]] = {}  # inode -> links, seen, disk
    for inodes in [measure.shared for measure in measures if measure.shared]:
        for inode in inodes:
            certain -= inode.disk
            tally = shared.setdefault((inode.device, inode.inode), [inode.links, 0, inode.disk])
            tally[1] += inode.seen
    possible = certain
    for links, seen, disk in shared.values():
        possible += disk
        if seen >= links:
            certain += disk
    return Freed(certain=certain, possible=possible, apparent=apparent)


def optimizer_state(checkpoints: Iterable[Checkpoint], *, apparent: bool = False) -> int:
    """Bytes that only resuming needs, as far as it has files of its own; on disk, or long."""
    measures = (one.measure for one in checkpoints if one.measure is not None)
    held = freed([one.resume for one in measures if one.resume is not None])
    return held.apparent if apparent else held.possible
