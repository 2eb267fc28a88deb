"""Read `trainer_state.json` of the Hugging Face Trainer.

The file of each checkpoint repeats the whole history so far, so one read of the newest tells
the metrics of all. Not evaluations but timings (`eval_runtime` …) are left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

from ..late_dataclass import dataclass
from .model import NO_METRICS, MetricLog
from .readers.numbers import count, number
from .resume_state import SET_ASIDE
from .tree import Folder

FILE = "trainer_state.json"
_MAX_BYTES = 256_000_000
_TIMINGS = ("_runtime", "_per_second", "_flos", "_time", "_compilation_time")


@dataclass(frozen=True, slots=True)
class StepRecord:
    """What the history says about one step."""

    epoch: float | None
    metrics: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class TrainerState:
    """The parts of the file that matter here."""

    step: int | None
    epoch: float | None
    best: str | None  # best_model_checkpoint, as written on the training machine
    history: Mapping[int, StepRecord]
    best_value: float | None = None  # best_metric: a value, without the name of the metric

    def selects_by(self) -> tuple[str, str] | None:
        """The metric whose best is recorded, and "min" or "max", where only one can be meant.

        The value is the lowest or highest that was logged of that metric, and of no other.
        """
        if self.best_value is None:
            return None
        found, log = [], self.metric_log()
        for name in (name for name in log if name.startswith("eval_")):
            values = [value for _, value in log[name] if isfinite(value)]
            low, high = min(values, default=None), max(values, default=None)
            if low != high and self.best_value in (low, high):
                found.append((name, "min" if self.best_value == low else "max"))
        return found[0] if len(found) == 1 else None

    def metric_log(self) -> MetricLog:
        """Every metric over the steps at which it was logged."""
        return _HistoryLog(self.history)


class _HistoryLog(Mapping[str, Sequence[tuple[int, float]]]):
    """The history by metric, worked out for those metrics that somebody asks for."""

    __slots__ = ("_found", "_history")

    def __init__(self, history: Mapping[int, StepRecord]) -> None:
        self._history = history
        self._found: dict[str, tuple[tuple[int, float], ...]] = {}

    def __getitem__(self, metric: str) -> Sequence[tuple[int, float]]:
        if metric not in self._found:
            records = ((step, one.metrics.get(metric)) for step, one in self._history.items())
            self._found[metric] = tuple(sorted((s, v) for s, v in records if v is not None))
        if not self._found[metric]:
            raise KeyError(metric)
        return self._found[metric]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({name for one in self._history.values() for name in one.metrics}))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def read_trainer_state(folder: Folder) -> TrainerState | None:
    """The state in a checkpoint's folder; None when it is absent, cut short or no such file."""
    document = _document(folder)
    return None if document is None else _state_of(document)


def read_record(folder: Folder, step: int) -> StepRecord | None:
    """What the state says of one step; where that is not in its history, its own epoch alone."""
    document = _document(folder)
    if document is None:
        return None
    record = _history(_rows(document), step).get(step)
    return record or StepRecord(number(document.get("epoch")), NO_METRICS)


def _document(folder: Folder) -> dict[str, Any] | None:
    raw = folder.read(FILE, _MAX_BYTES) or folder.read(FILE + SET_ASIDE, _MAX_BYTES)
    if not raw:
        return None
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _state_of(document: dict[str, Any]) -> TrainerState:
    best = document.get("best_model_checkpoint")
    return TrainerState(
        step=count(document.get("global_step")),
        epoch=number(document.get("epoch")),
        best=best if isinstance(best, str) and best else None,
        history=_history(_rows(document)),
        best_value=number(document.get("best_metric")),
    )


def _rows(document: dict[str, Any]) -> list[Any]:
    rows = document.get("log_history")
    return rows if isinstance(rows, list) else []


def _history(rows: list[Any], only: int | None = None) -> dict[int, StepRecord]:
    """By step; of one step alone where only that is asked for."""
    epochs: dict[int, float | None] = {}
    metrics: dict[int, dict[str, float]] = {}
    for row in rows:
        if not isinstance(row, dict) or (only is not None and row.get("step") != only):
            continue
        step = count(row.get("step"))
        if step is None:
            continue
        epochs[step] = number(row.get("epoch"))
        metrics.setdefault(step, {}).update(_row_metrics(row))
    return {step: StepRecord(epochs[step], metrics[step]) for step in metrics}


def _row_metrics(row: dict[str, Any]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, value in row.items():
        wanted = name == "loss" or (name.startswith("eval_") and not name.endswith(_TIMINGS))
        known = number(value) if wanted else None
        if known is not None:
            found[name] = known
    return found
