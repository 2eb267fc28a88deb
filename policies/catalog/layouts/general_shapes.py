"""General shapes, last in the table: what no framework's own layout knows.

Two or more similar names of weights that differ in one number are a series. Shards and ranks are
one unit, companions join their checkpoint, and whatever is not clear stays unrecognised and is
kept. A number without a word is taken for a step, one of a clock or calendar for a counter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..companions import COMPANION_SUFFIXES, owners
from ..content import holds_weights, judged_directories
from ..model import Kind
from ..numbered_names import NumberedName, families
from ..numbered_units import units_of
from ..one_model import are_modules, are_parts
from ..run_signs import looks_like_run
from ..sets import as_sighting
from ..sighting import Sighting, Sightings
from ..tree import Folder
from ..weight_like import are_weights, is_foreign, may_be_sizes, may_be_weights, names_a_model

_UNIX_SECONDS = range(1_000_000_000, 2_500_000_000)


class GeneralShapesLayout:
    """Recognises numbered families of files and directories with weights, whoever wrote them."""

    name = "general"

    def recognise(self, folder: Folder) -> Sightings:
        return Sightings(tuple(_files(folder) + _directories(folder)))


def _files(folder: Folder) -> list[Sighting]:
    files = folder.names(Kind.FILE)
    read = families(filter(may_be_weights, files))
    weights = [name for name, family in read.items() if _is_series(folder, family)]
    if not weights:
        return []
    read.update(families(name for name in files if name.endswith(COMPANION_SUFFIXES)))
    owned = owners(read, weights)
    found: list[Sighting] = []
    for name in weights:
        if name not in owned:
            companions = [read[other] for other, owner in owned.items() if owner == name]
            found.extend(units_of(folder, read[name], companions, _plain_unit(read[name])))
    return [_counted(one) for one in found]


def _is_series(folder: Folder, family: Sequence[NumberedName]) -> bool:
    if not _are_several(family) or is_foreign(family[0]) or may_be_sizes(family):
        return False
    return are_weights(folder, family) and not are_parts(folder, family)


def _are_several(family: Sequence[NumberedName]) -> bool:
    """At least two numbers, and no two spellings (1, 01) of the same."""
    if len({one.numbers for one in family}) < 2:
        return False
    return len({(one.numbers, one.rank) for one in family}) == len(family)


def _directories(folder: Folder) -> list[Sighting]:
    found: list[Sighting] = []
    for family in families(folder.names(Kind.DIRECTORY)).values():
        if not _are_several(family) or is_foreign(family[0]) or are_modules(folder, family):
            continue
        if _hold_models(folder, family):
            plain = _plain_unit(family)
            found.extend(
                judged_directories(folder, [_counted(as_sighting(one, plain)) for one in family])
            )
    return found


def _hold_models(folder: Folder, family: Sequence[NumberedName]) -> bool:
    """Weights in some, and signs of a run in none: a run has checkpoints of its own.

    Folders of runs are named by dates more often than checkpoints are.
    """
    children = [child for one in family if (child := folder.child(one.name)) is not None]
    if not any(map(holds_weights, children)) or not names_a_model(family[0]):
        return False
    if any(one.rank or (one.dated and not one.word) for one in family):
        return False
    return not any(map(looks_like_run, children))


def _plain_unit(family: Sequence[NumberedName]) -> str:
    """Seconds of a clock and dates order a series, but count no steps."""
    numbers = [one.plain for one in family]
    if all(number is not None and number in _UNIX_SECONDS for number in numbers):
        return "counter"
    if any(one.dated for one in family):
        return "counter"
    return "step"


def _counted(one: Sighting) -> Sighting:
    return one if one.counter is None else replace(one, counts="date")
