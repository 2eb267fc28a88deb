"""Validation metrics of mmengine, from the `scalars.json` of each start of a run.

Every start writes a folder named by its time: `<time>/vis_data/scalars.json`. A file of weights is
written over by the last start that reached its epoch, so the last start that has a row counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...patterns import pattern
from ..logs import Logs
from ..model import Checkpoint, Kind
from ..readers.join import mmengine_epoch, mmengine_iteration
from ..readers.records import EVERYTHING, LogRow
from ..tree import Folder, Tree

_START = pattern(r"[0-9]{8}_[0-9]{6}")
_PLACE, _LOG = "vis_data", "scalars.json"
_MAX_STARTS = 8


def metrics(
    tree: Tree, path: str, group: Sequence[Checkpoint], logs: Logs
) -> Mapping[str, Mapping[str, float]]:
    """By id; of several starts the later one counts."""
    try:
        starts = _starts(Folder(tree, path), logs)
    except OSError:
        return {}
    saved = [one.step for one in group if one.step is not None]
    found: dict[str, Mapping[str, float]] = {}
    for rows in starts:
        validations = [row for row in rows if row.epoch is None]
        for one in group:
            if one.step is not None:
                known = mmengine_iteration(rows, one.step, saved)
            else:
                known = mmengine_epoch(validations, one.epoch or 0)
            if known:
                found[one.id] = known
    return found


def _starts(folder: Folder, logs: Logs) -> list[Sequence[LogRow]]:
    """The rows of each start, oldest first."""
    starts = sorted(name for name in folder.names(Kind.DIRECTORY) if _START.fullmatch(name))
    places = [folder.child(name) for name in starts[-_MAX_STARTS:]]
    inner = [child for place in places if place and (child := place.child(_PLACE))]
    found = (logs.json_lines(child, _LOG, EVERYTHING) for child in inner if _LOG in child.kinds)
    return [log.rows for log in found if log]
