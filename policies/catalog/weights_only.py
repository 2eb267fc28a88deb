"""Which checkpoints of a family have lost what only resuming needs: slimmed, here or by hand.

They are whole, since their weights load; but training would not go on from them as it would from
their siblings. The newest may be one that is just being saved, so it is never among them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .model import Kind
from .roles import RESUME_ROLES, is_optimizer, leaves_whole, role_of
from .sighting import Sighting
from .tree import Folder

NOT_RESUMABLE = "weights only, not resumable"


def weights_only(folder: Folder, found: Sequence[Sighting]) -> frozenset[str]:
    """The names of directories without an optimizer, older than one of their family with one."""
    return older_without(
        (one, _holds_optimizer(folder.child(one.members[0]))) for one in found if one.members
    )


def older_without(found: Iterable[tuple[Sighting, bool]]) -> frozenset[str]:
    """Of sightings, and whether each has an optimizer: names of those that have lost theirs."""
    newest: dict[str, float] = {}
    without = []
    for one, has_optimizer in found:
        if has_optimizer:
            newest[one.family] = max(newest.get(one.family, -1.0), _number(one))
        else:
            without.append(one)
    return frozenset(one.name for one in without if 0 <= _number(one) < newest.get(one.family, -1))


def lasting(names: Iterable[str]) -> frozenset[str]:
    """The names that slimming leaves in place."""
    return frozenset(
        name for name in names if role_of(name) not in RESUME_ROLES and not leaves_whole(name)
    )


def _holds_optimizer(folder: Folder | None) -> bool:
    """Whether a file or folder of the optimizer lies in the directory, or one level below."""
    if folder is None:
        return False
    if folder.tell(_name_an_optimizer):
        return True
    below = (folder.child(name) for name in folder.names(Kind.DIRECTORY))
    return any(child is not None and child.tell(_name_an_optimizer) for child in below)


def _name_an_optimizer(kinds: dict[str, Kind]) -> bool:
    return any(map(is_optimizer, kinds))


def _number(one: Sighting) -> float:
    """What orders the family; -1 where nothing does."""
    number = one.step if one.step is not None else one.epoch
    number = one.counter if number is None else number
    return -1.0 if number is None else float(number)
