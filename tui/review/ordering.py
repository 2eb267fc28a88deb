"""Columns of the table as things to sort by: stable, and missing values last either way."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from ...policies.catalog.model import Standing
from ...policies.decisions import Action, Decision


class Column(StrEnum):
    """What a table can show of a checkpoint."""

    STEP = "step"
    EPOCH = "epoch"
    SERIES = "series"
    SIZE = "size"
    TIER = "tier"
    METRIC = "metric"
    METRIC2 = "metric2"
    AGE = "age"
    DECISION = "decision"


@dataclass(frozen=True, slots=True)
class Sort:
    """By which column, and which end stands at the top."""

    column: Column = Column.STEP
    descending: bool = True

    def reversed(self) -> Sort:
        return replace(self, descending=not self.descending)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the values of a row depend on, besides its decision."""

    metrics: tuple[str, ...] = ()  # the primary metric first
    mode: str | None = None  # "min" or "max" for the primary one, where that is known
    apparent: bool = False


_FIRST_DESCENDING = {Column.STEP, Column.EPOCH, Column.SIZE}
_URGENCY = {Action.DELETE: 0, Action.SLIM: 1, Action.KEEP: 2}
_Value = float | str | None


def first_sort(column: Column, shown: Shown) -> Sort:
    """The direction people expect: newest, largest, best and youngest at the top."""
    if column is Column.METRIC:
        return Sort(column, descending=shown.mode == "max")
    return Sort(column, descending=column in _FIRST_DESCENDING)


def next_sort(sort: Sort, columns: Sequence[Column], shown: Shown) -> Sort:
    """By the next of the columns on screen."""
    position = columns.index(sort.column) + 1 if sort.column in columns else 0
    return first_sort(columns[position % len(columns)], shown)


def ordered(decisions: Sequence[Decision], sort: Sort, shown: Shown) -> list[Decision]:
    """The decisions in the order of the table."""
    newest_first = _by_number(decisions, descending=True)
    if sort.column is Column.STEP:
        return newest_first if sort.descending else _by_number(decisions, descending=False)
    value = _values(shown)[sort.column]
    known: list[tuple[float | str, Decision]] = []
    missing: list[Decision] = []
    for decision in newest_first:
        found = value(decision)
        if found is None:
            missing.append(decision)
        else:
            known.append((found, decision))
    known.sort(key=lambda pair: pair[0], reverse=sort.descending)
    return [decision for _, decision in known] + missing


def _by_number(decisions: Sequence[Decision], *, descending: bool) -> list[Decision]:
    """Series after series; numbers of different series are not comparable."""
    series = {
        name: i for i, name in enumerate(dict.fromkeys(d.checkpoint.series for d in decisions))
    }
    sign = -1 if descending else 1

    def key(decision: Decision) -> tuple[int, bool, float, float]:
        one = decision.checkpoint
        number = one.number if one.standing is Standing.NUMBERED else None
        return series[one.series], number is None, sign * (number or 0), sign * (one.epoch or 0)

    return sorted(decisions, key=key)


def _values(shown: Shown) -> dict[Column, Callable[[Decision], _Value]]:
    return {
        Column.EPOCH: lambda d: d.checkpoint.epoch,
        Column.SERIES: lambda d: d.checkpoint.series,
        Column.SIZE: lambda d: _size(d, shown.apparent),
        Column.TIER: lambda d: d.tier,
        Column.METRIC: lambda d: _metric(d, shown.metrics[:1]),
        Column.METRIC2: lambda d: _metric(d, shown.metrics[1:2]),
        Column.AGE: lambda d: -at if (at := d.checkpoint.saved_at) is not None else None,
        Column.DECISION: lambda d: _URGENCY[d.action],
    }


def _size(decision: Decision, apparent: bool) -> float | None:
    one = decision.checkpoint
    if one.measure is None:
        return None
    return one.apparent if apparent else one.disk


def _metric(decision: Decision, names: Sequence[str]) -> float | None:
    value = decision.checkpoint.metrics.get(names[0]) if names else None
    return None if value is None or math.isnan(value) else value
