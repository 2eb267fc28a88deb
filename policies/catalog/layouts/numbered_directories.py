"""Generic `step_N/` and `epoch_N/` directories (also with "-"), told by their content.

A directory of that name counts only if it, or a sibling of its family, holds weights. One that
lacks a file which all its siblings have is incomplete.
"""

from __future__ import annotations

import re

from ..evidence import is_weight_name, trouble_with
from ..model import Kind, State
from ..sighting import Sighting, Sightings
from ..tree import Folder

_NAME = re.compile(r"(?P<unit>step|epoch)(?P<mark>[_-])(?P<n>\d+)")


class NumberedDirectoriesLayout:
    """Recognises the directories that accelerate scripts, torchtune and many others write."""

    name = "numbered-directories"

    def recognise(self, folder: Folder) -> Sightings:
        families: dict[str, list[re.Match[str]]] = {}
        for name in folder.names(Kind.DIRECTORY):
            if match := _NAME.fullmatch(name):
                families.setdefault(f"{match['unit']}{match['mark']}*", []).append(match)
        found: list[Sighting] = []
        for family, matches in families.items():
            found.extend(_family(folder, family, matches))
        return Sightings(tuple(found))


def _family(folder: Folder, family: str, matches: list[re.Match[str]]) -> list[Sighting]:
    weights = {match[0]: _weights(folder.child(match[0])) for match in matches}
    if not any(weights.values()):
        return []
    contents = [set(child.kinds) for match in matches if (child := folder.child(match[0]))]
    sightings = []
    for match in matches:
        trouble = _trouble(folder.child(match[0]), weights[match[0]], contents)
        number = int(match["n"])
        is_step = match["unit"] == "step"
        sightings.append(
            Sighting(
                name=match[0],
                family=family,
                members=(match[0],),
                step=number if is_step else None,
                epoch=None if is_step else float(number),
                state=State.INCOMPLETE if trouble else State.COMPLETE,
                evidence=trouble,
            )
        )
    return sightings


def _weights(folder: Folder | None) -> list[tuple[Folder, str]]:
    """Weights-like files in the directory and one level below."""
    if folder is None:
        return []
    below = [child for name in folder.names(Kind.DIRECTORY) if (child := folder.child(name))]
    return [
        (place, name)
        for place in (folder, *below)
        for name in place.names(Kind.FILE)
        if is_weight_name(name)
    ]


def _trouble(
    folder: Folder | None, weights: list[tuple[Folder, str]], contents: list[set[str]]
) -> str:
    if folder is None:
        return "the directory cannot be listed"
    if not weights:
        return "no weights in it"
    for place, name in weights:
        if trouble := trouble_with(place, name):
            return trouble
    own = set(folder.kinds)
    others = [names for names in contents if names != own]
    expected = set.intersection(*others) if len(others) > 1 else set()
    missing = sorted(expected - own)
    return f"no {missing[0]}, which its siblings have" if missing else ""
