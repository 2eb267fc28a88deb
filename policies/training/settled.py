"""Which checkpoints may be taken for whole while a trainer is writing beside us.

A format that cannot show its own end (a plain pickle, a folder without a marker) looks complete
from its first byte. So during training a checkpoint counts once its trainer has said so, or when
it is older than the save that was told; any other is taken for one that is being written: it fills
no rule's slot, and nothing deletes it. Pure functions of a catalog.
"""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Sequence
from dataclasses import replace

from ..catalog.model import Catalog, Checkpoint, Standing, State
from ..late_dataclass import dataclass

UNSETTLED = "its trainer has not said that it is saved"


@dataclass(frozen=True, slots=True)
class Settled:
    """The ids that were told, and the time before which everything else is settled too."""

    told: Container[str]
    before_ns: int

    def takes_for_whole(self, one: Checkpoint) -> bool:
        """Whether the checkpoint is surely no longer being written."""
        if one.id in self.told:
            return True
        return one.measure is not None and one.measure.newest_mtime_ns < self.before_ns


def held_back(catalog: Catalog, settled: Settled) -> Catalog:
    """The same catalog, with what is not settled taken for incomplete."""
    return replace(
        catalog,
        checkpoints=tuple(
            one
            if one.state is not State.COMPLETE or settled.takes_for_whole(one)
            else replace(one, state=State.INCOMPLETE, evidence=UNSETTLED)
            for one in catalog.checkpoints
        ),
    )


def at_path(catalog: Catalog, path: str) -> Checkpoint | None:
    """The checkpoint that a path names, is a piece of, or lies in; links are followed."""
    relative = os.path.relpath(os.path.realpath(path), catalog.root)
    for one in catalog.checkpoints:
        if relative == one.id:
            return one
        for member in one.members:
            if relative == member.path or relative.startswith(f"{member.path}/"):
                return one
    return None


def at_number(catalog: Catalog, step: int | None, epoch: float | None) -> Sequence[Checkpoint]:
    """Every numbered checkpoint of a step, else those of an epoch."""
    numbered = [one for one in catalog.checkpoints if one.standing is Standing.NUMBERED]
    found = [one for one in numbered if step is not None and one.step == step]
    return found or [one for one in numbered if epoch is not None and one.epoch == epoch]


def newest_write(checkpoints: Iterable[Checkpoint], otherwise: int) -> int:
    """The time of the last write to any of them, in nanoseconds, but never after `otherwise`."""
    writes = [one.measure.newest_mtime_ns for one in checkpoints if one.measure is not None]
    return min(max(writes, default=otherwise), otherwise)
