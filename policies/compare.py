"""Two plans on one catalog, side by side: what one keeps and the other deletes, both ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .catalog.model import Artifact, Checkpoint
from .decisions import Action, Plan
from .freed import Freed, freed
from .refusal import PlanRefusal
from .slimming import resume_states

NOTHING = Freed()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Where two plans differ; bytes are what deleting those, and only those, would free."""

    only_first: tuple[Checkpoint, ...]  # the first keeps them, the second deletes them
    only_second: tuple[Checkpoint, ...]
    kept_by_both: int
    deleted_by_both: int
    bytes_only_first: Freed
    bytes_only_second: Freed
    files_only_first: tuple[Artifact, ...] = ()  # likewise, of classes that a policy names
    files_only_second: tuple[Artifact, ...] = ()
    whole_only_first: tuple[Checkpoint, ...] = ()  # the first keeps them whole, the second slims
    whole_only_second: tuple[Checkpoint, ...] = ()
    bytes_whole_only_first: Freed = NOTHING  # what slimming those, and only those, would free
    bytes_whole_only_second: Freed = NOTHING

    @property
    def same(self) -> bool:
        """Whether both plans do the same."""
        checkpoints = self.only_first or self.only_second
        parts = self.whole_only_first or self.whole_only_second
        return not (checkpoints or parts or self.files_only_first or self.files_only_second)


def compare(first: Plan, second: Plan) -> Comparison:
    """Compare two plans of one catalog; PlanRefusal when they are of different ones."""
    ids = [[one.id for one in plan.catalog.checkpoints] for plan in (first, second)]
    if first.root != second.root or ids[0] != ids[1]:
        raise PlanRefusal(f"{first.root} and {second.root}: only plans of one scan can be compared")
    only_first, only_second, kept, deleted = [], [], 0, 0
    for a, b in zip(first.decisions, second.decisions, strict=True):
        stays = (a.action is not Action.DELETE, b.action is not Action.DELETE)
        if stays == (True, False):
            only_first.append(a.checkpoint)
        elif stays == (False, True):
            only_second.append(a.checkpoint)
        kept += stays == (True, True)
        deleted += stays == (False, False)
    whole_first, whole_second = _whole_alone(first, second), _whole_alone(second, first)
    files_first, files_second = _spared(first, second), _spared(second, first)
    return Comparison(
        only_first=tuple(only_first),
        only_second=tuple(only_second),
        kept_by_both=kept,
        deleted_by_both=deleted,
        bytes_only_first=freed([*only_first, *files_first]),
        bytes_only_second=freed([*only_second, *files_second]),
        files_only_first=files_first,
        files_only_second=files_second,
        whole_only_first=whole_first,
        whole_only_second=whole_second,
        bytes_whole_only_first=_slimming(whole_first),
        bytes_whole_only_second=_slimming(whole_second),
    )


def _whole_alone(keeping: Plan, slimming: Plan) -> tuple[Checkpoint, ...]:
    """What the first plan keeps whole, and of which the second keeps only the weights."""
    pairs = zip(keeping.decisions, slimming.decisions, strict=True)
    return tuple(
        one.checkpoint
        for one, other in pairs
        if (one.action, other.action) == (Action.KEEP, Action.SLIM)
    )


def _slimming(checkpoints: Sequence[Checkpoint]) -> Freed:
    return freed(resume_states(checkpoints, [Action.SLIM] * len(checkpoints)))


def _spared(keeping: Plan, deleting: Plan) -> tuple[Artifact, ...]:
    """The files that only the second plan deletes."""
    both = {one.id for one in keeping.doomed if one.artifact}
    gone = [one.artifact for one in deleting.artifacts if one.action is Action.DELETE]
    return tuple(one for one in gone if one.path not in both)
