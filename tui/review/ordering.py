"""Columns of the table as things to sort by: stable, and missing values last either way."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import StrEnum

from ...policies.catalog.model import Catalog, Checkpoint, Standing
from ...policies.decisions import Action, Plan
from ...policies.late_dataclass import dataclass


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


_OF_THE_PLAN = {Column.TIER, Column.DECISION}
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


class Orders:
    """The orders of one catalog; one that no plan changes is found once."""

    def __init__(self, catalog: Catalog) -> None:
        self._checkpoints = catalog.checkpoints
        self._known: dict[tuple[Sort, Shown], list[int]] = {}
        self._newest: list[int] = []

    def resized(self, catalog: Catalog) -> Orders:
        """The orders of a catalog that differs in sizes and states alone."""
        orders = Orders(catalog)
        orders._newest = self._newest
        return orders

    def prepare(self) -> Orders:
        """Find now, in any thread, the order that all others begin with."""
        self._newest_first()
        return self

    def places(self, plan: Plan, sort: Sort, shown: Shown) -> list[int]:
        """Places in the catalog, in the order of the table."""
        if (sort, shown) in self._known:
            return self._known[sort, shown]
        if sort.column is Column.STEP:
            newest_first = sort.descending
            found = self._newest_first() if newest_first else self._by_number(descending=False)
        else:
            found = self._by_value(self._values(plan, sort.column, shown), sort)
        if sort.column not in _OF_THE_PLAN:
            self._known[sort, shown] = found
        return found

    def _newest_first(self) -> list[int]:
        if not self._newest:
            self._newest = self._by_number(descending=True)
        return self._newest

    def _by_number(self, *, descending: bool) -> list[int]:
        """Series after series; numbers of different series are not comparable."""
        checkpoints = self._checkpoints
        names = dict.fromkeys(one.series for one in checkpoints)
        series = {name: i for i, name in enumerate(names)}
        sign = -1 if descending else 1

        def key(place: int) -> tuple[int, bool, float, float]:
            one = checkpoints[place]
            number = one.number if one.standing is Standing.NUMBERED else None
            return series[one.series], number is None, sign * (number or 0), sign * (one.epoch or 0)

        return sorted(range(len(checkpoints)), key=key)

    def _by_value(self, values: Sequence[_Value], sort: Sort) -> list[int]:
        """What has no value stands last; equals stay with the newest first."""
        newest_first = self._newest_first()
        known = [i for i in newest_first if values[i] is not None]
        known.sort(key=values.__getitem__, reverse=sort.descending)  # type: ignore[arg-type]
        return known + [i for i in newest_first if values[i] is None]

    def _values(self, plan: Plan, column: Column, shown: Shown) -> list[_Value]:
        if column is Column.DECISION:
            return [_URGENCY[action] for action in plan.actions]
        if column is Column.TIER:
            return list(plan.tiers)
        value = _of_checkpoint(shown)[column]
        return [value(one) for one in self._checkpoints]


def _of_checkpoint(shown: Shown) -> dict[Column, Callable[[Checkpoint], _Value]]:
    return {
        Column.EPOCH: lambda one: one.epoch,
        Column.SERIES: lambda one: one.series,
        Column.SIZE: lambda one: _size(one, shown.apparent),
        Column.METRIC: lambda one: _metric(one, shown.metrics[:1]),
        Column.METRIC2: lambda one: _metric(one, shown.metrics[1:2]),
        Column.AGE: lambda one: -at if (at := one.saved_at) is not None else None,
    }


def _size(one: Checkpoint, apparent: bool) -> float | None:
    if one.measure is None:
        return None
    return one.apparent if apparent else one.disk


def _metric(one: Checkpoint, names: Sequence[str]) -> float | None:
    value = one.metrics.get(names[0]) if names else None
    return None if value is None or math.isnan(value) else value
