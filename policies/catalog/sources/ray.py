"""Ray's `result.json` and `progress.csv`: each row names the checkpoint that was saved with it.

Nothing is joined by a step: what a row does not name has no metric.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..logs import Logs
from ..model import Checkpoint
from ..readers.join import by_checkpoint
from ..readers.records import LogRow, Wanted
from ..tree import Folder, Tree, listed


def metrics(
    tree: Tree, path: str, group: Sequence[Checkpoint], logs: Logs
) -> Mapping[str, Mapping[str, float]]:
    """By id."""
    folder = listed(tree, path)
    if folder is None:
        return {}
    rows = [row for row in _rows(folder, logs) if row.checkpoint]
    return {one.id: by_checkpoint(rows, one.id.rpartition("/")[2]) for one in group}


def _rows(folder: Folder, logs: Logs) -> Iterable[LogRow]:
    named = Wanted(named=True)
    if "result.json" in folder.kinds and (log := logs.json_lines(folder, "result.json", named)):
        return log.rows
    log = logs.table(folder, "progress.csv", named) if "progress.csv" in folder.kinds else None
    return log.rows if log else ()
