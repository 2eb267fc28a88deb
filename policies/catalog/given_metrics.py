"""Metrics that a training loop gave by hand, from `.keepstep/metrics.jsonl`.

One JSON object a line, one line a save; `training/save_log.py` writes them. A line names its
checkpoint where it could, else it is joined by step or epoch, and then only where its directory
holds one series. What was given by hand stands above what any other log says.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace

from ..late_dataclass import dataclass
from ..places import METRICS_FILE, state_directory
from .model import NO_LOG, Checkpoint, MetricLog, Standing, no_metrics
from .readers.contents import parsed_json
from .readers.numbers import cell, count, number

MAX_BYTES = 32_000_000
_MAX_LINE = 1_000_000


@dataclass(frozen=True, slots=True)
class GivenRow:
    """One save as the loop told it; `checkpoint` is relative to what holds the state directory."""

    checkpoint: str = ""
    step: int | None = None
    epoch: float | None = None
    metrics: Mapping[str, float] = field(default_factory=no_metrics)
    at: float | None = None  # seconds since the epoch
    recent: Mapping[str, Sequence[float]] = field(default_factory=dict)  # of moving averages


def read_given_rows(state: str) -> tuple[GivenRow, ...]:
    """The rows of one state directory, oldest first; of a very long file the newest."""
    try:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
        fd = os.open(os.path.join(state, METRICS_FILE), flags)
    except OSError:
        return ()
    try:
        start = max(0, os.fstat(fd).st_size - MAX_BYTES)
        raw = os.pread(fd, MAX_BYTES, start)
    except OSError:
        return ()
    finally:
        os.close(fd)
    lines = raw.split(b"\n")
    # What has no end yet belongs to a live writer, or to one that was killed.
    return tuple(_rows(lines[1 if start else 0 : -1]))


def with_given_metrics(
    root: str,
    holders: Iterable[str],
    checkpoints: Sequence[Checkpoint],
    folders: Mapping[str, str],
    logs: dict[str, MetricLog],
) -> list[Checkpoint]:
    """The same checkpoints with what was given by hand; the logs of their series are extended.

    `holders` are the directories that hold a state directory, `folders` is by series.
    """
    given: dict[str, Mapping[str, float]] = {}
    for holder in holders:
        rows = read_given_rows(state_directory(holder))
        if rows:
            served = _served(root, holder, checkpoints, folders)
            given.update(_joined(rows, os.path.relpath(holder, root), served, logs))
    if not given:
        return list(checkpoints)
    return [
        replace(one, metrics={**one.metrics, **found}) if (found := given.get(one.id)) else one
        for one in checkpoints
    ]


def _rows(lines: Iterable[bytes]) -> Iterator[GivenRow]:
    for line in lines:
        document = parsed_json(line) if 2 <= len(line) <= _MAX_LINE else None
        if isinstance(document, dict):
            name = document.get("checkpoint")
            recent = _mapping(document.get("recent"))
            yield GivenRow(
                name if isinstance(name, str) else "",
                count(document.get("step")),
                number(document.get("epoch")),
                _numbers(document.get("metrics")),
                number(document.get("at")),
                {k: _series_of(v) for k, v in recent.items() if isinstance(v, list)},
            )


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _numbers(value: object) -> dict[str, float]:
    found = ((name, _number(each)) for name, each in _mapping(value).items())
    return {name: each for name, each in found if each is not None}


def _series_of(values: Iterable[object]) -> tuple[float, ...]:
    return tuple(found for each in values if (found := _number(each)) is not None)


def _number(value: object) -> float | None:
    """NaN and infinities stand as strings."""
    return cell(value) if isinstance(value, str) else number(value)


def _served(
    root: str, holder: str, checkpoints: Sequence[Checkpoint], folders: Mapping[str, str]
) -> list[Checkpoint]:
    """The numbered checkpoints that lie in a holder or below it."""
    prefix = os.path.relpath(holder, root)
    everything = prefix == "." or prefix.startswith("..")
    return [
        one
        for one in checkpoints
        if one.standing is Standing.NUMBERED
        and (everything or f"{folders[one.series]}/".startswith(f"{prefix}/"))
    ]


def _joined(
    rows: Sequence[GivenRow],
    prefix: str,
    served: Sequence[Checkpoint],
    logs: dict[str, MetricLog],
) -> dict[str, Mapping[str, float]]:
    by_id = {one.id: one for one in served}
    series = {one.series for one in served}
    only = next(iter(series)) if len(series) == 1 else None
    found: dict[str, Mapping[str, float]] = {}
    curves: dict[str, dict[str, dict[int, float]]] = {}
    for row in rows:
        named = by_id.get(os.path.normpath(os.path.join(prefix, row.checkpoint)))
        if named is not None and row.checkpoint:
            found[named.id] = row.metrics  # a later save in the same place replaces it
        of = named.series if named is not None else only
        if of is not None and row.step is not None:
            for name, value in row.metrics.items():
                curves.setdefault(of, {}).setdefault(name, {})[row.step] = value
    if only is not None:
        unnamed = [row for row in rows if not row.checkpoint]
        for one in served:
            given = None if one.id in found else _of_the_number(unnamed, one)
            if given is not None:
                found[one.id] = given.metrics
    for of, metrics in curves.items():
        sorted_ = {name: tuple(sorted(values.items())) for name, values in metrics.items()}
        logs[of] = {**logs.get(of, NO_LOG), **sorted_}
    return found


def _of_the_number(rows: Sequence[GivenRow], one: Checkpoint) -> GivenRow | None:
    """The last row that was given for a step, or for an epoch where no step is known."""
    for row in reversed(rows):
        if one.step is not None and row.step == one.step:
            return row
        if one.step is None and one.epoch is not None and row.epoch == one.epoch:
            return row
    return None
