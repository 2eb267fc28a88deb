"""What a review works out of a catalog before it plans anything; made in any thread.

For a hundred thousand checkpoints it takes a quarter of a second, so that what sizes cannot change
is taken over while sizes arrive.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ...policies.catalog.model import Catalog
from ...policies.late_dataclass import dataclass
from .ordering import Orders
from .words import epoch_text, plain_number


@dataclass(frozen=True, slots=True, eq=False)
class Inventory:
    """A catalog, and where what stands in it."""

    catalog: Catalog
    places: Mapping[str, int]  # by id
    metrics: Counter[str]  # how many checkpoints have each
    orders: Orders
    by_series: Mapping[str, Sequence[int]]  # places, in catalog order
    series_numbers: Sequence[int]  # by place: where its series stands in `by_series`
    step_width: int  # cells of the longest
    epoch_width: int
    written_at: float | None  # the youngest write to any checkpoint
    names: object  # the same as long as ids, numbers and metrics are


def inventory_of(catalog: Catalog, before: Inventory | None = None) -> Inventory:
    """Everything of a catalog; `before` is of one that differs in sizes and states alone."""
    times = (one.measure.newest_mtime_ns for one in catalog.checkpoints if one.measure is not None)
    youngest = max(times, default=None)
    written_at = None if youngest is None else youngest / 1e9
    if before is not None:
        orders = before.orders.resized(catalog)
        return replace(before, catalog=catalog, orders=orders, written_at=written_at)
    by_series: dict[str, list[int]] = {}
    for place, one in enumerate(catalog.checkpoints):
        by_series.setdefault(one.series, []).append(place)
    numbers = {name: number for number, name in enumerate(by_series)}
    return Inventory(
        catalog=catalog,
        by_series=by_series,
        series_numbers=[numbers[one.series] for one in catalog.checkpoints],
        places={one.id: place for place, one in enumerate(catalog.checkpoints)},
        metrics=Counter([name for one in catalog.checkpoints for name in one.metrics]),
        orders=Orders(catalog).prepare(),
        step_width=max([len(plain_number(one.step)) for one in catalog.checkpoints], default=0),
        epoch_width=max([len(epoch_text(one.epoch)) for one in catalog.checkpoints], default=0),
        written_at=written_at,
        names=object(),
    )
