"""The table grouped by series: a heading for each, under which its rows open and fold.

What is folded is out of sight and out of reach of a range, but no less part of the plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ...policies.decisions import Plan
from .group_sums import GroupSum, group_sum
from .inventory import Inventory
from .visible import series_of_heading


class Grouping:
    """The part of the model that z, Z and Enter on a heading act on."""

    inventory: Inventory
    plan: Plan
    message: str
    cursor: str | None
    grouped: bool = False
    folded: frozenset[str] = frozenset()  # series
    _groups: Mapping[str, Sequence[int]]  # what is shown of each series, as it is sorted
    _sums: tuple[object, dict[str, GroupSum]]

    @property
    def several_series(self) -> bool:
        """Whether what is shown, but for a filter, is of more than one series."""
        raise NotImplementedError

    def _arrange(self) -> None:
        """Order the rows anew."""
        raise NotImplementedError

    @property
    def grouping(self) -> bool:
        """Whether the table has headings now."""
        return self.grouped and self.several_series

    @property
    def heading(self) -> str | None:
        """The series on whose heading the cursor stands."""
        return series_of_heading(self.cursor)

    def toggle_grouping(self) -> None:
        """Headings, or one list again."""
        if self.grouped or self._several():
            self.grouped = not self.grouped
            self._arrange()

    def toggle_fold(self, series: str) -> None:
        """Fold one group, or open it."""
        self.folded ^= {series}
        self._arrange()

    def fold_all(self) -> None:
        """Fold every group, or open all where each is folded; groups first what is no group."""
        if not self._several():
            return
        every = frozenset(self._groups) if self.grouping else frozenset(self.inventory.by_series)
        self.folded = self.folded - every if self.grouping and every <= self.folded else every
        self.grouped = True
        self._arrange()

    def _several(self) -> bool:
        if not self.several_series:
            self.message = "there is one series here"
        return self.several_series

    def group(self, places: Iterable[int]) -> tuple[list[int], tuple[str, ...]]:
        """Codes of table rows: a heading before what is shown of its series, unless folded."""
        numbers = self.inventory.series_numbers
        shown: list[list[int]] = [[] for _ in self.inventory.by_series]
        for place in places:
            shown[numbers[place]].append(place)
        names = zip(self.inventory.by_series, shown, strict=True)
        self._groups = {name: group for name, group in names if group}
        codes: list[int] = []
        for number, (name, group) in enumerate(self._groups.items()):
            codes.append(~number)
            if name not in self.folded:
                codes.extend(group)
        return codes, tuple(self._groups)

    def shown_of(self, series: str) -> int:
        """How many of its checkpoints pass the filter."""
        return len(self._groups.get(series, ()))

    def sum_of(self, series: str) -> GroupSum:
        """What a series holds, and what the plan does to it; found when it is first looked at."""
        if self._sums[0] is not self.plan:
            self._sums = (self.plan, {})
        known = self._sums[1]
        if series not in known:
            checkpoints, actions = self.plan.catalog.checkpoints, self.plan.actions
            places = self.inventory.by_series.get(series, ())
            known[series] = group_sum(
                series, [checkpoints[i] for i in places], [actions[i] for i in places]
            )
        return known[series]
