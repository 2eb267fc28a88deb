"""Exact metrics of Lightning checkpoints, from the metrics.csv of their version.

A row replaces what a name says only where it is certain that both are of the same run.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence

from ...patterns import pattern
from ..logs import Logs
from ..model import Checkpoint
from ..readers.csv_log import LogKind
from ..readers.join import agrees, lightning_epoch, lightning_step
from ..readers.records import LogRow, Wanted
from ..tree import Folder, Tree, listed

_LOG = "metrics.csv"
_COLLISION = pattern(r"-v\d+\.ckpt$")


def metrics(
    tree: Tree, path: str, group: Sequence[Checkpoint], logs: Logs
) -> Mapping[str, Mapping[str, float]]:
    """metrics.csv stands beside the `checkpoints` folder of its version, or among them."""
    parent, name = posixpath.split(path)
    folder = listed(tree, parent if name == "checkpoints" else path)
    if folder is None or _LOG not in folder.kinds:
        return {}
    rows = _LightningRows(folder, group, logs)
    found = {one.id: rows.metrics_of(one) for one in group}
    crowded = any(_COLLISION.search(one.id) for one in group)
    return {
        one.id: found[one.id]
        for one in group
        if found[one.id] and _same_run(one, found[one.id], crowded)
    }


def _same_run(one: Checkpoint, found: Mapping[str, float], crowded: bool) -> bool:
    """A row that contradicts the name is another run's.

    A `-vK` in the folder says that a name was taken already, mostly by another run; then a row
    counts only where the name carries a metric to which the row's rounds.
    """
    proven = not one.metrics.keys().isdisjoint(found)
    return agrees(one.metrics, found) and (proven or not crowded)


class _LightningRows:
    """The rows that any checkpoint of a folder may want, found by step or by epoch."""

    def __init__(self, folder: Folder, group: Iterable[Checkpoint], logs: Logs) -> None:
        steps = frozenset(one.step - 1 for one in group if one.step is not None)
        epochs = frozenset(one.epoch for one in group if one.step is None and one.epoch is not None)
        log = logs.table(folder, _LOG, Wanted(steps, epochs))
        self._at_step: dict[int | None, list[LogRow]] = {}
        self._in_epoch: dict[float | None, list[LogRow]] = {}
        for row in log.rows if log and log.kind == LogKind.STEPS else ():
            self._at_step.setdefault(row.step, []).append(row)
            self._in_epoch.setdefault(row.epoch, []).append(row)

    def metrics_of(self, one: Checkpoint) -> Mapping[str, float]:
        if one.step is not None:
            return lightning_step(self._at_step.get(one.step - 1, ()), one.step, one.epoch)
        if one.epoch is not None:
            return lightning_epoch(self._in_epoch.get(one.epoch, ()), one.epoch)
        return {}
