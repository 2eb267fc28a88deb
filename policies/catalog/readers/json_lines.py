"""Read a log of JSON objects, one a line: mmengine and mmcv, Ray, detectron2.

A last line without an end belongs to a live writer and is left out. Of a very long file the newest
rows are read.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from ..tree import Folder
from .contents import parsed_json, size_of
from .numbers import count
from .records import EVERYTHING, LogRow, RowLog, Wanted
from .small_json import numbers_of

MAX_BYTES = 32_000_000
MAX_LINE = 1_000_000
_MAX_BROKEN = 1000
_STEPS = ("iter", "iteration", "training_iteration", "global_step", "step", "trainer/global_step")
_NO_METRICS = frozenset(
    (
        *_STEPS, "epoch", "lr", "base_lr", "time", "data_time", "memory", "eta_seconds",
        "timestamp", "pid", "date", "iterations_since_restore", "time_this_iter_s", "time_total_s",
        "time_since_restore", "rank_data_time",
    )
)  # fmt: skip


def read_json_lines(
    folder: Folder, name: str, wanted: Wanted = EVERYTHING, so_far: RowLog | None = None
) -> RowLog | None:
    """The rows that are wanted, of which some may be known; None for a file that is no such log."""
    size = size_of(folder, name)
    if not size:
        return None
    log = so_far if so_far and size - so_far.offset <= MAX_BYTES else RowLog(wanted=wanted)
    start = log.offset or max(0, size - MAX_BYTES)
    raw = folder.read(name, size - start, start)
    if raw is None:
        return None
    first = raw.find(b"\n") + 1 if start and not log.offset else 0
    end = raw.rfind(b"\n") + 1
    log.take(_rows(log, raw[first:end]))
    log.offset = 0 if _is_hopeless(log) else start + end
    return log if log.seen else None


def _rows(log: RowLog, raw: bytes) -> Iterator[LogRow]:
    """Rows of the lines that are objects; a file full of other lines is given up early."""
    for line in io.BytesIO(raw):
        document = parsed_json(line) if 2 <= len(line) <= MAX_LINE else None
        if isinstance(document, dict):
            log.seen += 1
            yield _row(document)
        else:
            log.broken += bool(line.strip())
        if _is_hopeless(log):
            return


def _is_hopeless(log: RowLog) -> bool:
    return log.broken > _MAX_BROKEN + log.seen


def _row(document: dict[str, Any]) -> LogRow:
    step = next(
        (found for name in _STEPS if (found := count(document.get(name))) is not None), None
    )
    metrics = {
        name: value for name, value in numbers_of(document).items() if name not in _NO_METRICS
    }
    named = document.get("checkpoint_dir_name")
    checkpoint = named if isinstance(named, str) else ""
    held_out = document.get("mode") == "val"
    return LogRow(step, count(document.get("epoch")), metrics, checkpoint, held_out)
