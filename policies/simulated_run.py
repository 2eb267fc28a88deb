"""A run as it will be: the catalog of today, and the saves to come at the cadence of today.

What is to come is as large as the newest, and its metrics stay at their last values. The real
rules then plan on it, so that a forecast cannot differ from what they will do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from .cadence import Cadence
from .catalog.model import Catalog, Checkpoint, Kind, Measure, Member, MetricLog, Series


def continued(catalog: Catalog, cadences: Iterable[Cadence], seconds: float) -> Catalog:
    """The catalog after so many more seconds of training, with nothing deleted."""
    to_come = {one.series: _saves(one, int(seconds // one.seconds)) for one in cadences}
    checkpoints: list[Checkpoint] = []
    for series, group in _by_series(catalog).items():
        # Behind the numbered ones stand those without a number; rules never see these.
        checkpoints.extend([*group, *to_come.get(series, ())])
    added = {name: saves for name, saves in to_come.items() if saves}
    return replace(
        catalog,
        checkpoints=tuple(checkpoints),
        series=tuple(_longer(one, added.get(one.id, [])) for one in catalog.series),
    )


def from_nothing(gap: int, steps: int, size: int) -> Catalog:
    """A run with a save of `size` bytes every `gap` steps, up to `steps`."""
    name = "checkpoint-*"
    saves = tuple(_save(name, step, step, size) for step in range(gap, steps + 1, gap))
    return Catalog("/simulated", (Series(name, "simulated", "", "step", len(saves)),), saves)


def _by_series(catalog: Catalog) -> dict[str, list[Checkpoint]]:
    groups: dict[str, list[Checkpoint]] = {}
    for one in catalog.checkpoints:
        groups.setdefault(one.series, []).append(one)
    return groups


def _saves(cadence: Cadence, count: int) -> list[Checkpoint]:
    newest = cadence.newest
    start = newest.number or 0
    return [
        _save(
            cadence.series,
            number,
            cadence.saved_at + i * cadence.seconds,
            cadence.size,
            like=newest,
        )
        for i, number in enumerate(_numbers(start, cadence.gap, count), start=1)
    ]


def _numbers(start: float, gap: float, count: int) -> Iterator[float]:
    return (start + i * gap for i in range(1, count + 1))


def _save(
    series: str, number: float, saved_at: float, size: int, *, like: Checkpoint | None = None
) -> Checkpoint:
    name = f"{series}#{number:g}"
    by_step = like is None or like.step is not None
    by_epoch = like is not None and not by_step and like.epoch is not None
    return Checkpoint(
        id=name,
        series=series,
        layout="simulated",
        members=(Member(name, Kind.DIRECTORY),),
        step=int(number) if by_step else None,
        epoch=number if by_epoch else None,
        counter=None if by_step or by_epoch else int(number),
        metrics=like.metrics if like else {},
        measure=Measure(size, size, 1, int(saved_at * 1e9), name),
    )


def _longer(series: Series, saves: list[Checkpoint]) -> Series:
    """The metric log goes on at its last values."""
    log: MetricLog = {
        metric: (*rows, *((one.step, rows[-1][1]) for one in saves if one.step is not None))
        for metric, rows in series.metric_log.items()
        if saves and rows
    }
    count = series.checkpoints + len(saves)
    return replace(series, checkpoints=count, metric_log=log or series.metric_log)
