"""Metrics from TensorBoard event files, for runs that keep them nowhere else.

A scan cannot read all of a very large file: it reads so much at once, and the next one goes on.
Until the end is reached nothing is joined, for a run that was resumed writes its steps anew. What
was not read is unknown, and keeps its checkpoint.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence

from ..artifacts import EVENT_MARK
from ..logs import Behind, Logs
from ..model import Checkpoint, Kind
from ..readers.records import Curve
from ..tree import Folder, Tree
from .curves import by_curves, rank
from .near import near

_MAX_FILES = 1000
_MAX_CHILDREN = 64


def metrics(
    tree: Tree, path: str, group: Sequence[Checkpoint], logs: Logs
) -> Mapping[str, Mapping[str, float]]:
    """By id; empty where event files lie in several folders, which may be several runs."""
    places = {
        folder.path: (folder, names)
        for folder in _places(tree, path)
        if (names := [n for n in folder.names(Kind.FILE) if EVENT_MARK in n])
    }
    if len(places) != 1:
        return {}
    [(folder, names)] = places.values()
    return by_curves(_curves(folder, sorted(names), logs), group)


def _curves(folder: Folder, names: list[str], logs: Logs) -> dict[str, Curve]:
    """All files of a folder as one log, in the order of their times; nothing before their end."""
    if len(names) > _MAX_FILES:
        return {}
    steps: dict[str, array[int]] = {}
    values: dict[str, array[float]] = {}
    spent = read_bytes = 0
    behind = False
    for name in names:
        read = logs.events(folder, name, rank, spent)
        if read is None:
            continue
        behind |= read.more
        spent += read.cost
        read_bytes += read.offset
        for tag, curve in read.curves.items():
            steps.setdefault(tag, array("q")).extend(curve.steps)
            values.setdefault(tag, array("d")).extend(curve.values)
    if behind:
        sizes = (status.size for name in names if (status := folder.stat(name)))
        logs.behind[folder.path] = Behind(read_bytes, sum(sizes))
        return {}
    return {tag: Curve(steps[tag], values[tag]) for tag in steps}


def _places(tree: Tree, path: str) -> list[Folder]:
    """Folders near the checkpoints, and one level below those that are named for their logs."""
    found: list[Folder] = []
    for folder in near(tree, path):
        found.append(folder)
        if folder.name in ("runs", "tb", "tb_logs", "tensorboard", "logs"):
            children = map(folder.child, folder.names(Kind.DIRECTORY)[:_MAX_CHILDREN])
            found.extend(child for child in children if child is not None)
    return found
