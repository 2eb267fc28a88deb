"""Validation metrics of mmengine and of mmcv before it, from the log of each start of a run.

Every start names its log by its time: `<time>/vis_data/scalars.json`, with mmcv `<time>.log.json`.
A file of weights is written over by the last start that reached its epoch, so the last start that
has a row counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ...patterns import pattern
from ..logs import Logs
from ..model import Checkpoint, Kind
from ..readers.join import mmengine_epoch, mmengine_iteration
from ..readers.records import EVERYTHING, LogRow
from ..tree import Folder, Tree

_START = pattern(r"[0-9]{8}_[0-9]{6}")
_MMCV = pattern(r"[0-9]{8}_[0-9]{6}\.log\.json")
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
        by_iteration = [_as_mmengine(row, 0) for row in rows] if saved else []
        by_epoch = [row for row in (_as_mmengine(r, r.epoch) for r in rows) if row.epoch is None]
        for one in group:
            if one.step is not None:
                known = mmengine_iteration(by_iteration, one.step, saved)
            else:
                known = mmengine_epoch(by_epoch, one.epoch or 0)
            if known:
                found[one.id] = known
    return found


def _as_mmengine(row: LogRow, step: float | None) -> LogRow:
    """mmcv counts validation batches where mmengine has the epoch, or 0."""
    return replace(row, step=int(step or 0), epoch=None) if row.held_out else row


def _starts(folder: Folder, logs: Logs) -> list[Sequence[LogRow]]:
    """The rows of each start, oldest first."""
    places = [(folder, name) for name in folder.names(Kind.FILE) if _MMCV.fullmatch(name)]
    starts = sorted(name for name in folder.names(Kind.DIRECTORY) if _START.fullmatch(name))
    for start in starts[-_MAX_STARTS:]:
        place = folder.child(start)
        inner = place.child(_PLACE) if place else None
        if inner is not None and _LOG in inner.kinds:
            places.append((inner, _LOG))
    found = (logs.json_lines(*place, EVERYTHING) for place in _newest(places))
    return [log.rows for log in found if log]


def _newest(places: list[tuple[Folder, str]]) -> list[tuple[Folder, str]]:
    """In the order of their times, which stand in the paths."""
    return sorted(places, key=lambda place: f"{place[0].path}/{place[1]}")[-_MAX_STARTS:]
