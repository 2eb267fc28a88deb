"""Metrics of Keras checkpoints, from the file of a CSVLogger in the same folder.

Such a file has any name (`training.log`), so the header tells. Names count epochs from 1, the log
counts from 0; it is believed only where it is the only one and reaches as far as the names do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..logs import Logs
from ..model import Checkpoint, Kind
from ..readers.csv_log import LogKind
from ..readers.join import agrees, by_epoch
from ..readers.records import EVERYTHING, RowLog
from ..tree import Folder, Tree

_SUFFIXES = (".log", ".csv", ".txt")
_MAX_CANDIDATES = 8


def metrics(
    tree: Tree, path: str, group: Sequence[Checkpoint], logs: Logs
) -> Mapping[str, Mapping[str, float]]:
    """By id; empty where no log, or more than one, could be meant."""
    try:
        log = _only_log(Folder(tree, path), logs)
    except OSError:
        return {}
    newest = max((one.epoch or 0 for one in group), default=0)
    if log is None or not any(
        row.epoch is not None and row.epoch >= newest - 1 for row in log.rows
    ):
        return {}
    found = {one.id: by_epoch(log.kind, log.rows, one.epoch) for one in group if one.epoch}
    return {one.id: found[one.id] for one in group if _usable(one, found.get(one.id))}


def _only_log(folder: Folder, logs: Logs) -> RowLog | None:
    names = [name for name in folder.names(Kind.FILE) if name.endswith(_SUFFIXES)]
    if len(names) > _MAX_CANDIDATES:
        return None
    found = [log for name in names if (log := logs.table(folder, name, EVERYTHING))]
    keras = [log for log in found if log.kind == LogKind.KERAS]
    return keras[0] if len(keras) == 1 else None


def _usable(one: Checkpoint, found: Mapping[str, float] | None) -> bool:
    return bool(found) and agrees(one.metrics, found or {})
