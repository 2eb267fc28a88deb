"""The rows of the table from top to bottom, of which only those in sight become decisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

from ...policies.decisions import Decision, Plan


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

    def ids(self, index: slice = slice(None)) -> list[str]:
        """What stands in some rows, without a decision on any."""
        checkpoints = self._plan.catalog.checkpoints
        return [checkpoints[place].id for place in self.places[index]]
