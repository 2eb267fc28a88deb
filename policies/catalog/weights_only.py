"""Which checkpoints of a family have lost what only resuming needs: slimmed, here or by hand.

They are whole, since their weights load; but training would not go on from them as it would from
their siblings. The newest may be one that is just being saved, so it is never among them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from .model import Kind
from .roles import RESUME_ROLES, is_optimizer, leaves_whole, role_of
from .roles_inside import is_for_resuming, mute_names
from .sighting import Sighting
from .tree import Folder

NOT_RESUMABLE = "weights only, not resumable"
NO_MUTE: Mapping[str, frozenset[str]] = MappingProxyType({})


def weights_only(
    folder: Folder, found: Sequence[Sighting], mute: Mapping[str, frozenset[str]] = NO_MUTE
) -> frozenset[str]:
    """The names of directories without an optimizer, older than one of their family with one.

    `mute` names, by family, the files that are the optimizer's by their content alone.
    """
    return older_without(
        (one, _holds_optimizer(folder.child(one.members[0]), mute.get(one.family, frozenset())))
        for one in found
        if one.members
    )


def mute_by_family(folder: Folder, found: Sequence[Sighting]) -> Mapping[str, frozenset[str]]:
    """By family: names that some directories lack, and that only resuming needs in the others.

    By content, since the names say nothing; of a family that all hold the same nothing is read.
    """
    holders: dict[str, dict[str, Folder]] = {}
    counts: dict[str, Counter[str]] = {}
    for one in found:
        if (inside := folder.child(one.name)) is not None:
            names = inside.tell(mute_names)
            counts.setdefault(one.family, Counter()).update((*names, ""))
            holders.setdefault(one.family, {}).update(dict.fromkeys(names, inside))
    told = {}
    for family, by_name in holders.items():
        total = counts[family][""]
        lacked = [name for name in by_name if counts[family][name] < total]
        proved = [name for name in lacked if is_for_resuming(by_name[name], name)]
        if proved:
            told[family] = frozenset(proved)
    return told


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


def _holds_optimizer(folder: Folder | None, mute: frozenset[str]) -> bool:
    """Whether a file or folder of the optimizer lies in the directory, or one level below."""
    if folder is None:
        return False
    if folder.tell(_name_an_optimizer) or not mute.isdisjoint(folder.kinds):
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
