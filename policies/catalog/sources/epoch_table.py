"""Tables of one row per epoch: `results.csv` of YOLOv5 and ultralytics, `summary.csv` of timm.

They stand beside the checkpoints, or beside the `weights` folder that holds them. A table that does
not reach as far as the checkpoints do is another run's.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence

from ..logs import Logs
from ..model import Checkpoint
from ..readers.csv_log import LogKind
from ..readers.join import by_epoch
from ..readers.records import EVERYTHING, RowLog
from ..tree import Tree, listed

_TABLES = ("results.csv", "summary.csv")
_KINDS = (LogKind.ULTRALYTICS, LogKind.EPOCHS)


def metrics(
    tree: Tree, path: str, group: Sequence[Checkpoint], logs: Logs
) -> Mapping[str, Mapping[str, float]]:
    """By id."""
    parent, name = posixpath.split(path)
    log = _table(tree, parent if name == "weights" else path, logs)
    if log is None:
        return {}
    found = {one.id: by_epoch(log.kind, log.rows, one.epoch or 0) for one in group}
    newest = max(group, key=lambda one: one.epoch or 0)
    return found if found[newest.id] else {}


def _table(tree: Tree, path: str, logs: Logs) -> RowLog | None:
    folder = listed(tree, path)
    if folder is None:
        return None
    names = [name for name in _TABLES if name in folder.kinds]
    found = [log for name in names if (log := logs.table(folder, name, EVERYTHING))]
    tables = [log for log in found if log.kind in _KINDS]
    return tables[0] if len(tables) == 1 else None
