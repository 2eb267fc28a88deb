"""Tables of one row per epoch: `results.csv` of YOLOv5 and ultralytics, `summary.csv` of timm.

They stand beside the checkpoints, or beside the `weights` folder that holds them. A table that does
not reach as far as the checkpoints do is another run's.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence

from ..model import Checkpoint
from ..readers.csv_log import CsvLog, LogKind, read_csv_log
from ..readers.join import by_epoch
from ..tree import Tree, listed

_TABLES = ("results.csv", "summary.csv")
_KINDS = (LogKind.ULTRALYTICS, LogKind.EPOCHS)


def metrics(
    tree: Tree, path: str, group: Sequence[Checkpoint]
) -> Mapping[str, Mapping[str, float]]:
    """By id."""
    parent, name = posixpath.split(path)
    log = _table(tree, parent if name == "weights" else path)
    if log is None:
        return {}
    found = {one.id: by_epoch(log.kind, log.rows, one.epoch or 0) for one in group}
    newest = max(group, key=lambda one: one.epoch or 0)
    return found if found[newest.id] else {}


def _table(tree: Tree, path: str) -> CsvLog | None:
    folder = listed(tree, path)
    if folder is None:
        return None
    logs = [log for name in _TABLES if name in folder.kinds if (log := read_csv_log(folder, name))]
    tables = [log for log in logs if log.kind in _KINDS]
    return tables[0] if len(tables) == 1 else None
