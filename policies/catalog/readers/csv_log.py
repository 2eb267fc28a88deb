"""Read a log in CSV: Lightning, Keras, ultralytics and YOLOv5, timm, Ray and RL libraries.

Rows hold the numbers as written; that epochs count from 0 in one log and from 1 in another is
told by `RowLog.kind` and settled by the join. A last row
without an end is left out: a live writer may have written half of a number. Of a very long file the
newest rows are read.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from ..tree import Folder
from .contents import size_of
from .numbers import cell, cell_count
from .records import EVERYTHING, LogRow, RowLog, Wanted

MAX_BYTES = 32_000_000
_MAX_HEADER = 100_000
_MAX_LINE = 1_000_000
_MAX_COLUMNS = 2000


class LogKind(StrEnum):
    """Who wrote the log: this decides how its rows are joined to checkpoints."""

    STEPS = "steps"  # Lightning: a step column, often an epoch column
    KERAS = "keras"  # epochs from 0, names from 1
    ULTRALYTICS = "ultralytics"  # epochs from 1, names from 0
    EPOCHS = "epochs"  # YOLOv5, timm: the epoch of the name
    PROGRESS = "progress"  # iterations or time steps of reinforcement learning


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


def read_csv_log(
    folder: Folder, name: str, wanted: Wanted = EVERYTHING, so_far: RowLog | None = None
) -> RowLog | None:
    """The rows that are wanted, of which some may be known.

    None where the header has neither a step nor an epoch.
    """
    size = size_of(folder, name) or 0
    log = so_far if so_far and size - so_far.offset <= MAX_BYTES else RowLog(wanted=wanted)
    start = log.offset or max(0, size - MAX_BYTES)
    raw = folder.read(name, size - start, start)
    if raw is None or not (raw or log.offset):
        return None
    if not log.offset:
        head = (folder.read(name, _MAX_HEADER) or b"") if start else raw
        log.header = head.partition(b"\n")[0].decode("utf-8-sig", "replace")
    header = _cells(log.header)
    kind = _kind(header) if 2 <= len(header) <= _MAX_COLUMNS else None
    if kind is None:
        return None
    lines = _Lines(raw, 0 if log.offset else raw.find(b"\n") + 1)
    columns = _columns(header)
    log.take(_rows(log, columns, lines, kind))
    log.kind = log.kind or kind.value
    log.offset = start + lines.whole if log.seen else 0
    return log


class _Lines:
    """The lines that have an end, as text; how far whole rows reach among them."""

    def __init__(self, raw: bytes, start: int) -> None:
        self._file = io.BytesIO(raw)
        self._file.seek(start)
        self.whole = start

    def __iter__(self) -> Iterator[str]:
        for line in self._file:
            if len(line) > _MAX_LINE or not line.endswith(b"\n"):
                return
            yield line.decode("utf-8", "replace")

    def row_is_whole(self) -> None:
        """All lines that were taken so far belong to rows that were read."""
        self.whole = self._file.tell()


def _cells(header: str) -> list[str]:
    try:
        return [column.strip() for column in next(csv.reader([header]), [])]
    except csv.Error:
        return []


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


def _rows(log: RowLog, columns: _Columns, lines: _Lines, kind: LogKind) -> Iterator[LogRow]:
    """Every row that can be read; a malformed rest ends the log."""
    try:
        # Strict: a quote that is still open at the end is the row of a live writer, too.
        for line in csv.reader(lines, strict=True):
            lines.row_is_whole()
            log.seen += 1
            if not log.kind:
                log.kind = _settle(kind, line, columns.epoch).value
            step = next((n for at in columns.steps if (n := _count_at(line, at)) is not None), None)
            epoch = _count_at(line, columns.epoch)
            if step is not None or epoch is not None:
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
