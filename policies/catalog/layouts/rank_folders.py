"""A folder for each rank, with the same names in all: `rank_0/step_100.pt`, `rank_1/step_100.pt`.

The parts of one number are one checkpoint, which lives and dies in all ranks together; one that a
rank has no part of is incomplete. Only words that mean ranks of one model count: `gpu_0` and
`worker_0` are as often runs beside each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...patterns import pattern
from ..content import with_trouble
from ..model import Kind, State
from ..sighting import Layout, Sighting, Sightings
from ..tree import Folder

_RANK = pattern(
    r"(?:[A-Za-z]+[-_])*(?:rank|shard|partition|part)[-_]?[0-9]{1,6}(?:[-_][0-9]{1,6})*"
    r"|(?:[tpd]p(?:_rank)?[-_]?[0-9]{1,6}[-_]?)+"  # tp0_pp1
)


class RankFoldersLayout:
    """Puts together what other layouts recognise under the same name in the folder of each rank."""

    name = "rank-folders"

    def __init__(self, inner: Sequence[Layout]) -> None:
        self._inner = inner

    def recognise(self, folder: Folder) -> Sightings:
        ranks = [name for name in folder.names(Kind.DIRECTORY) if _RANK.fullmatch(name)]
        if len(ranks) < 2:
            return Sightings()
        parts: dict[str, dict[str, Sighting]] = {}  # by name, then by rank
        for rank in ranks:
            inside = folder.child(rank)
            for one in self._recognised(inside) if inside else ():
                parts.setdefault(one.name, {})[rank] = one
        shared = {rank for of_ranks in parts.values() if len(of_ranks) > 1 for rank in of_ranks}
        if not shared or not folder.kinds.keys().isdisjoint(parts):
            return Sightings()
        return Sightings(tuple(_together(of_ranks, shared) for of_ranks in parts.values()))

    def _recognised(self, rest: Folder) -> list[Sighting]:
        found: list[Sighting] = []
        for layout in self._inner:
            sightings = layout.recognise(rest)
            found += sightings.checkpoints
            rest = rest.without(sightings.names())
        return found


def _together(ranks: dict[str, Sighting], shared: set[str]) -> Sighting:
    first = next(iter(ranks.values()))
    worst = next((one for one in ranks.values() if one.state is not State.COMPLETE), first)
    members = tuple(f"{rank}/{name}" for rank, one in ranks.items() for name in one.members)
    missing = sorted(shared - ranks.keys())
    one = replace(first, members=members, state=worst.state, evidence=worst.evidence)
    return with_trouble(one, f"no part of it in {missing[0]}" if missing else "")
