"""From a family of numbered files to checkpoints: ranks and shards together, companions joined.

A rank, a shard or a companion that all siblings have is missed where it is absent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import field, replace

from ..late_dataclass import dataclass
from ..patterns import pattern
from .content import Siblings, missing_common, with_trouble
from .numbered_names import NumberedName
from .roles import is_optimizer
from .sets import as_sighting, judged
from .sighting import Sighting
from .tree import Folder
from .weights_only import older_without

_Numbers = tuple[int | None, int | None, int | None]
_SUFFIXES = pattern(r"(\.[A-Za-z]\w*)+\Z")
_TOTAL = pattern(r"[-_.][0-9]+[-_]?of[-_]?([0-9]{1,9})")


@dataclass(slots=True)
class Unit:
    """The files of one number: weights first, then what was saved with them."""

    weights: list[NumberedName] = field(default_factory=list)
    companions: list[NumberedName] = field(default_factory=list)

    @property
    def parts(self) -> frozenset[str]:
        """What this unit has, for the comparison with its siblings."""
        ranks = (f"rank or shard {one.rank.strip('-_')}" for one in self.weights if one.rank)
        return frozenset([*ranks, *(one.family for one in self.companions)])


def units_of(
    folder: Folder,
    family: Sequence[NumberedName],
    companions: Sequence[Sequence[NumberedName]],
    plain: str = "step",
) -> list[Sighting]:
    """One judged checkpoint per number of the family."""
    units: dict[_Numbers, Unit] = {}
    for one in family:
        units.setdefault(one.numbers, Unit()).weights.append(one)
    for other in companions:
        for one in other:
            if one.numbers in units:
                units[one.numbers].companions.append(one)
    parts = Counter(unit.parts for unit in units.values())
    found = [(_sighting(unit, plain), unit) for unit in units.values()]
    slimmed = older_without((one, any(map(is_optimizer, one.members))) for one, _ in found)
    return [_judged(folder, one, unit, parts, one.name in slimmed) for one, unit in found]


def _judged(folder: Folder, one: Sighting, unit: Unit, parts: Siblings, slimmed: bool) -> Sighting:
    trouble = _missing_shard(unit) or missing_common(unit.parts, parts, slimmed=slimmed)
    return judged(folder, with_trouble(replace(one, weights_only=slimmed), trouble))


def _sighting(unit: Unit, plain: str) -> Sighting:
    members = tuple(one.name for one in (*unit.weights, *unit.companions))
    return replace(as_sighting(unit.weights[0], plain), name=_name(unit), members=members)


def _name(unit: Unit) -> str:
    """The name of the weights, or what its ranks share.

    Not the prefix that companions share: one that is written later would change the id, and a
    pin on it would bind nothing.
    """
    first = unit.weights[0]
    return _SUFFIXES.sub("", first.bare) if first.rank else first.name


def _missing_shard(unit: Unit) -> str:
    totals = [int(match[1]) for one in unit.weights if (match := _TOTAL.fullmatch(one.rank))]
    if totals and len(totals) < max(totals):
        return f"{len(totals)} of {max(totals)} shards"
    return ""
