"""Validation metrics of mmengine, from the `scalars.json` of each start of a run.

Every start writes a folder named by its time: `<time>/vis_data/scalars.json`. A file of weights is
written over by the last start that reached its epoch, so the last start that has a row counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...patterns import pattern
from ..model import Checkpoint, Kind
from ..readers.join import mmengine_epoch, mmengine_iteration
from ..readers.json_lines import read_json_lines
from ..readers.records import LogRow
from ..tree import Folder, Tree

_START = pattern(r"[0-9]{8}_[0-9]{6}")
_PLACE, _LOG = "vis_data", "scalars.json"
_MAX_STARTS = 8


def metrics(
    tree: Tree, path: str, group: Sequence[Checkpoint]
) -> Mapping[str, Mapping[str, float]]:
    """By id; of several starts the later one counts."""
    try:
        logs = _logs(Folder(tree, path))
    except OSError:
        return {}
    saved = [one.step for one in group if one.step is not None]
    found: dict[str, Mapping[str, float]] = {}
    for rows in logs:
        validations = [row for row in rows if row.epoch is None]
        for one in group:
            if one.step is not None:
                known = mmengine_iteration(rows, one.step, saved)
            else:
                known = mmengine_epoch(validations, one.epoch or 0)
            if known:
                found[one.id] = known
    return found


def _logs(folder: Folder) -> list[Sequence[LogRow]]:
    """The rows of each start, oldest first."""
    starts = sorted(name for name in folder.names(Kind.DIRECTORY) if _START.fullmatch(name))
    places = [folder.child(name) for name in starts[-_MAX_STARTS:]]
    inner = [child for place in places if place and (child := place.child(_PLACE))]
    return [rows for child in inner if (rows := read_json_lines(child, _LOG))]
