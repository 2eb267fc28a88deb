"""The rows of the table from top to bottom, of which only those in sight become decisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

from ...policies.catalog.model import Checkpoint
from ...policies.decisions import Decision, Plan

_HEADING = "\0"  # which no path holds: with it begins the id of a heading


class Visible(Sequence[Decision]):
    """Places in the catalog, in the order of the table, each read as the decision on it."""

    __slots__ = ("_plan", "places")

    def __init__(self, plan: Plan, places: Sequence[int]) -> None:
        self._plan, self.places = plan, places

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, index: int) -> Decision: ...
    @overload
    def __getitem__(self, index: slice) -> list[Decision]: ...
    def __getitem__(self, index: int | slice) -> Decision | list[Decision]:
        decisions = self._plan.decisions
        if isinstance(index, slice):
            return [decisions[place] for place in self.places[index]]
        return decisions[self.places[index]]


class TableRows:
    """What stands in each row: a checkpoint, or the heading of a series.

    `codes` are places in the catalog; `~i` is the heading of the i-th of `series`.
    """

    __slots__ = ("_checkpoints", "_headings", "_rows", "codes", "series")

    def __init__(
        self, checkpoints: Sequence[Checkpoint], codes: Sequence[int], series: Sequence[str] = ()
    ) -> None:
        self._checkpoints, self.codes, self.series = checkpoints, codes, series
        self._rows = [-1] * len(checkpoints)
        self._headings: dict[str, int] = {}
        for row, code in enumerate(codes):
            if code >= 0:
                self._rows[code] = row
            else:
                self._headings[heading_id(series[~code])] = row

    def __len__(self) -> int:
        return len(self.codes)

    def id_at(self, row: int) -> str | None:
        """The id of a checkpoint or a heading; None where there is no such row."""
        if not 0 <= row < len(self.codes):
            return None
        code = self.codes[row]
        return self._checkpoints[code].id if code >= 0 else heading_id(self.series[~code])

    def ids(self, rows: range) -> list[str]:
        """The checkpoints of some rows; a heading stands for none of them."""
        codes = self.codes[rows.start : rows.stop]
        return [self._checkpoints[code].id for code in codes if code >= 0]

    def row_of(self, place: int | None) -> int | None:
        """The row of a place in the catalog, when it is shown."""
        row = -1 if place is None else self._rows[place]
        return None if row < 0 else row

    def row_of_heading(self, id_: str | None) -> int | None:
        """The row of a heading, when it is shown."""
        return None if id_ is None else self._headings.get(id_)


def heading_id(series: str) -> str:
    """The id under which the cursor stands on the heading of a series."""
    return _HEADING + series


def series_of_heading(id_: str | None) -> str | None:
    """The series whose heading has this id; None for the id of a checkpoint."""
    return id_[1:] if id_ is not None and id_.startswith(_HEADING) else None
