"""detectron2 writes `metrics.json` beside its checkpoints; both count iterations from 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..logs import Logs
from ..model import Checkpoint
from ..readers.join import by_step
from ..readers.records import LogRow, Wanted
from ..tree import Tree, listed

_LOG = "metrics.json"


def metrics(
    tree: Tree, path: str, group: Sequence[Checkpoint], logs: Logs
) -> Mapping[str, Mapping[str, float]]:
    """By id."""
    folder = listed(tree, path)
    if folder is None or _LOG not in folder.kinds:
        return {}
    steps = frozenset(one.step for one in group if one.step is not None)
    log = logs.json_lines(folder, _LOG, Wanted(steps))
    at_step: dict[int | None, list[LogRow]] = {}
    for row in log.rows if log else ():
        at_step.setdefault(row.step, []).append(row)
    return {
        one.id: by_step(at_step.get(one.step, ()), one.step)
        for one in group
        if one.step is not None
    }
