"""Exact metrics from the logs beside the checkpoints, where a scan may read them at once.

Called once all names are known; one read per folder, and none for layouts without such a log. A
row replaces what a name says only where it is certain that both are of the same run.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from .model import Checkpoint, Standing
from .readers.csv_log import LogKind, read_csv_log
from .readers.join import agrees, lightning_epoch, lightning_step
from .readers.records import LogRow
from .tree import Folder, Tree

_LOG = "metrics.csv"
_COLLISION = re.compile(r"-v\d+(?=\.ckpt$)")
Exact = Mapping[str, Mapping[str, float]]  # id -> metrics


def with_exact_metrics(
    tree: Tree, checkpoints: Sequence[Checkpoint], folders: Mapping[str, str]
) -> list[Checkpoint]:
    """The same checkpoints, with what the logs of their folders say; `folders` is by series."""
    groups: dict[tuple[str, str], list[Checkpoint]] = {}
    for one in checkpoints:
        if one.layout in _SOURCES and one.standing is Standing.NUMBERED:
            groups.setdefault((one.layout, folders[one.series]), []).append(one)
    exact: dict[str, Mapping[str, float]] = {}
    for (layout, path), group in groups.items():
        exact.update(_SOURCES[layout](tree, path, group))
    return [
        replace(one, metrics={**one.metrics, **exact[one.id]}) if one.id in exact else one
        for one in checkpoints
    ]


def _lightning(tree: Tree, path: str, group: Sequence[Checkpoint]) -> Exact:
    """metrics.csv stands beside the `checkpoints` folder of its version, or among them."""
    parent, name = posixpath.split(path)
    folder = _folder(tree, parent if name == "checkpoints" else path)
    if folder is None or _LOG not in folder.kinds:
        return {}
    rows = _LightningRows(folder, group)
    twins = Counter(_COLLISION.sub("", one.id) for one in group)
    found = {one.id: rows.metrics_of(one) for one in group}
    return {
        one.id: found[one.id]
        for one in group
        if found[one.id] and _same_run(one, found[one.id], twins[_COLLISION.sub("", one.id)])
    }


def _same_run(one: Checkpoint, found: Mapping[str, float], twins: int) -> bool:
    """A row that contradicts the name is another run's; of two runs in one folder, `-vK` tells.

    Then only a metric in the name, to which the row's rounds, proves that the row is meant.
    """
    proven = not one.metrics.keys().isdisjoint(found)
    return agrees(one.metrics, found) and (twins == 1 or proven)


def _folder(tree: Tree, path: str) -> Folder | None:
    try:
        return Folder(tree, path)
    except OSError:
        return None


class _LightningRows:
    """The rows that any checkpoint of a folder may want, found by step or by epoch."""

    def __init__(self, folder: Folder, group: Iterable[Checkpoint]) -> None:
        steps = {one.step - 1 for one in group if one.step is not None}
        epochs = {one.epoch for one in group if one.step is None}
        log = read_csv_log(folder, _LOG, lambda step, epoch: step in steps or epoch in epochs)
        self._at_step: dict[int | None, list[LogRow]] = {}
        self._in_epoch: dict[float | None, list[LogRow]] = {}
        for row in log.rows if log and log.kind is LogKind.STEPS else ():
            self._at_step.setdefault(row.step, []).append(row)
            self._in_epoch.setdefault(row.epoch, []).append(row)

    def metrics_of(self, one: Checkpoint) -> Mapping[str, float]:
        if one.step is not None:
            return lightning_step(self._at_step.get(one.step - 1, ()), one.step, one.epoch)
        if one.epoch is not None:
            return lightning_epoch(self._in_epoch.get(one.epoch, ()), one.epoch)
        return {}


_SOURCES: dict[str, Callable[[Tree, str, Sequence[Checkpoint]], Exact]] = {"lightning": _lightning}
