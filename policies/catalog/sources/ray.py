"""Ray's `result.json` and `progress.csv`: each row names the checkpoint that was saved with it.

Nothing is joined by a step: what a row does not name has no metric.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..model import Checkpoint
from ..readers.csv_log import read_csv_log
from ..readers.join import by_checkpoint
from ..readers.json_lines import read_json_lines
from ..readers.records import LogRow
from ..tree import Folder, Tree, listed


def metrics(
    tree: Tree, path: str, group: Sequence[Checkpoint]
) -> Mapping[str, Mapping[str, float]]:
    """By id."""
    folder = listed(tree, path)
    if folder is None:
        return {}
    rows = [row for row in _rows(folder) if row.checkpoint]
    return {one.id: by_checkpoint(rows, one.id.rpartition("/")[2]) for one in group}


def _rows(folder: Folder) -> Iterable[LogRow]:
    if "result.json" in folder.kinds and (rows := read_json_lines(folder, "result.json")):
        return rows
    log = read_csv_log(folder, "progress.csv") if "progress.csv" in folder.kinds else None
    return log.rows if log else ()
