"""What some checkpoints hold together, and what the plan does to them: of a run, of a series."""

from __future__ import annotations

from collections.abc import Sequence

from ...policies.catalog.model import Checkpoint
from ...policies.decisions import Action
from ...policies.freed import Freed, freed
from ...policies.late_dataclass import dataclass
from ...policies.slimming import resume_states


@dataclass(frozen=True, slots=True)
class GroupSum:
    """Sums of one group; sizes in bytes."""

    name: str
    checkpoints: int
    disk: int
    apparent: int
    deletes: int
    slims: int
    freed: Freed


def group_sum(name: str, checkpoints: Sequence[Checkpoint], actions: Sequence[Action]) -> GroupSum:
    """The sums of a group; a hard link to another group frees nothing in either."""
    delete = Action.DELETE
    pairs = zip(checkpoints, actions, strict=True)
    going = [one for one, action in pairs if action is delete]
    parts = resume_states(checkpoints, actions)
    return GroupSum(
        name=name,
        checkpoints=len(checkpoints),
        disk=sum([one.disk for one in checkpoints]),
        apparent=sum([one.apparent for one in checkpoints]),
        deletes=len(going),
        slims=len(parts),
        freed=freed([*going, *parts]),
    )
