"""Metrics from TensorBoard event files, for runs that keep them nowhere else.

A scan cannot read all of a large file: it reads the small ones, within a limit for each run and
one for the whole scan. What was not read is unknown, and keeps its checkpoint.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence

from ..artifacts import EVENT_MARK
from ..model import Checkpoint, Kind
from ..readers.event_file import read_event_file
from ..readers.records import Curve
from ..tree import Folder, Tree
from .curves import by_curves
from .near import near

RUN_BYTES = 8_000_000  # about half a second
SCAN_BYTES = 32_000_000
_MAX_FILES = 64


class EventMetrics:
    """The source of one scan, with what is left of its limit."""

    def __init__(self, limit: int = SCAN_BYTES) -> None:
        self._left = limit

    def metrics(
        self, tree: Tree, path: str, group: Sequence[Checkpoint]
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
        return by_curves(self._curves(folder, sorted(names)), group)

    def _curves(self, folder: Folder, names: list[str]) -> dict[str, Curve]:
        """All files of a folder as one log, in the order of their times; nothing if too large."""
        sizes = [status.size for name in names if (status := folder.stat(name))]
        if len(names) > _MAX_FILES or sum(sizes) > min(RUN_BYTES, self._left):
            return {}
        self._left -= sum(sizes)
        steps: dict[str, array[int]] = {}
        values: dict[str, array[float]] = {}
        for name in names:
            read = read_event_file(folder, name, max_bytes=RUN_BYTES)
            for tag, curve in read.curves.items() if read else ():
                steps.setdefault(tag, array("q")).extend(curve.steps)
                values.setdefault(tag, array("d")).extend(curve.values)
        return {tag: Curve(steps[tag], values[tag]) for tag in steps}


def _places(tree: Tree, path: str) -> list[Folder]:
    """Folders near the checkpoints, and one level below those that are named for their logs."""
    found: list[Folder] = []
    for folder in near(tree, path):
        found.append(folder)
        if folder.name in ("runs", "tb", "tb_logs", "tensorboard", "logs"):
            children = map(folder.child, folder.names(Kind.DIRECTORY)[:_MAX_FILES])
            found.extend(child for child in children if child is not None)
    return found
