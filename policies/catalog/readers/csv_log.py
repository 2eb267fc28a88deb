"""Read a log in CSV: Lightning, Keras, ultralytics and YOLOv5, timm, Ray and RL libraries.

Rows hold the numbers as written; that epochs count from 0 in one log and from 1 in another is
told by `CsvLog.kind` and settled by the join. Of a very long file the newest rows are read.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Callable, Iterator
from enum import StrEnum
from itertools import chain

from ...late_dataclass import dataclass
from ..tree import Folder
from .contents import size_of
from .numbers import cell, cell_count
from .records import LogRow

MAX_BYTES = 32_000_000
_MAX_HEADER = 100_000
_MAX_LINE = 1_000_000
_MAX_COLUMNS = 2000
_MAX_CELLS = 5_000_000
_MAX_ROWS = 200_000


class LogKind(StrEnum):
    """Who wrote the log: this decides how its rows are joined to checkpoints."""

    STEPS = "steps"  # Lightning: a step column, often an epoch column
    KERAS = "keras"  # epochs from 0, names from 1
    ULTRALYTICS = "ultralytics"  # epochs from 1, names from 0
    EPOCHS = "epochs"  # YOLOv5, timm: the epoch of the name
    PROGRESS = "progress"  # iterations or time steps of reinforcement learning


@dataclass(frozen=True, slots=True)
class CsvLog:
    """The rows of one log, oldest first."""

    kind: LogKind
    rows: tuple[LogRow, ...]


_STEP_NAMES = ("step", "global_step")
_PROGRESS_NAMES = (
    "training_iteration", "time/total_timesteps", "timesteps_total", "TotalEnvInteracts",
)  # fmt: skip
_NO_METRICS = frozenset(
    ("epoch", "time", "timestamp", "date", "pid", "done", "lr", "learning_rate")
)
_NO_METRIC_STARTS = ("lr-", "lr/", "x/lr", "config/", "time_", "time/")


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where in a row the counters and the metrics stand."""

    steps: tuple[int, ...]  # the first that has a number counts
    epoch: int | None
    checkpoint: int | None
    metrics: tuple[tuple[int, str], ...]


def every_row(step: int | None, epoch: float | None) -> bool:
    """Want all rows of a log."""
    return True


def read_csv_log(
    folder: Folder, name: str, wanted: Callable[[int | None, float | None], bool] = every_row
) -> CsvLog | None:
    """The rows whose step and epoch are wanted; None where the header has neither of these."""
    source = _source(folder, name)
    if source is None:
        return None
    lines = csv.reader(source)
    try:
        header = [column.strip() for column in next(lines, [])]
        kind = _kind(header) if 2 <= len(header) <= _MAX_COLUMNS else None
        if kind is None:
            return None
        first = next(lines, [])
    except csv.Error:
        return None
    columns = _columns(header)
    kept = deque(_rows(columns, chain([first], lines), wanted), _MAX_ROWS)
    return CsvLog(_settle(kind, first, columns.epoch), tuple(kept))


def _source(folder: Folder, name: str) -> Iterator[str] | None:
    """The whole file, or its header and its newest part."""
    size = size_of(folder, name) or 0
    start = max(0, size - MAX_BYTES)
    raw = folder.read(name, size - start, start)
    if not raw:
        return None
    if start:
        head = folder.read(name, _MAX_HEADER) or b""
        raw = head.partition(b"\n")[0] + b"\n" + raw.partition(b"\n")[2]
    text = io.TextIOWrapper(io.BytesIO(raw), "utf-8-sig", "replace", newline="")
    return iter(lambda: text.readline(_MAX_LINE), "")


def _kind(header: list[str]) -> LogKind | None:
    if any(name in header for name in _STEP_NAMES):
        return LogKind.STEPS
    if any(name in header for name in _PROGRESS_NAMES):
        return LogKind.PROGRESS
    if "epoch" not in header:
        return None
    if any(name.startswith("lr/pg") or name == "metrics/mAP50(B)" for name in header):
        return LogKind.ULTRALYTICS
    if any(name.startswith(("train/", "x/lr")) or name == "train_loss" for name in header):
        return LogKind.EPOCHS
    return LogKind.KERAS


def _settle(kind: LogKind, first: list[str], epoch: int | None) -> LogKind:
    """A log that begins with epoch 0 does not count from 1, whatever its columns are called."""
    if kind is LogKind.ULTRALYTICS and epoch is not None and epoch < len(first):
        return LogKind.EPOCHS if cell_count(first[epoch]) == 0 else kind
    return kind


def _columns(header: list[str]) -> _Columns:
    place = {name: at for at, name in enumerate(header)}
    return _Columns(
        steps=tuple(place[name] for name in (*_STEP_NAMES, *_PROGRESS_NAMES) if name in place),
        epoch=place.get("epoch"),
        checkpoint=place.get("checkpoint_dir_name"),
        metrics=tuple((at, name) for name, at in place.items() if _is_metric(name)),
    )


def _is_metric(name: str) -> bool:
    counter = name in _STEP_NAMES or name in _PROGRESS_NAMES or name in _NO_METRICS
    return bool(name) and not counter and not name.startswith(_NO_METRIC_STARTS)


def _rows(
    columns: _Columns,
    lines: Iterator[list[str]],
    wanted: Callable[[int | None, float | None], bool],
) -> Iterator[LogRow]:
    """Every wanted row that can be read; a malformed rest ends the log."""
    cells = 0
    try:
        for line in lines:
            cells += len(line) + 1
            if cells > _MAX_CELLS:
                return
            step = next((n for at in columns.steps if (n := _count_at(line, at)) is not None), None)
            epoch = _count_at(line, columns.epoch)
            if (step is not None or epoch is not None) and wanted(step, epoch):
                yield LogRow(step, epoch, _metrics(columns, line), _named(columns, line))
    except csv.Error:
        return


def _count_at(line: list[str], at: int | None) -> int | None:
    return cell_count(line[at]) if at is not None and at < len(line) else None


def _metrics(columns: _Columns, line: list[str]) -> dict[str, float]:
    return {
        name: value
        for at, name in columns.metrics
        if at < len(line) and line[at] and (value := cell(line[at])) is not None
    }


def _named(columns: _Columns, line: list[str]) -> str:
    at = columns.checkpoint
    return line[at] if at is not None and at < len(line) else ""
