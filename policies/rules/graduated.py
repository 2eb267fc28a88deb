"""`graduated`: all of the last, then every other, then one per long interval.

Tier 1 is the last `last` checkpoints. With g the median gap inside tier 1 and s its oldest step,
tier 2 holds the steps in [s - tier2_count*g, s) and keeps the grid of 2g; tier 3 is everything
older and keeps the grid of `tier3_interval`, which protects in the finer tiers too. Both grids are
anchored on step numbers over the whole series: thinning again and again changes nothing.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, ClassVar, Self

from ..catalog.model import Checkpoint
from ..late_dataclass import dataclass
from .counts import LastRule
from .every_steps import EveryStepsRule
from .fields import count, mapping
from .grid import Grid
from .rule import Facts, Misses, Rule
from .setting import NOWHERE, Setting
from .wording import own_name, plain, unit_of


@dataclass(frozen=True, slots=True)
class _Tiers:
    """Where the tiers of one series begin."""

    tier1: int  # position
    tier2: int  # position
    gap: float | None  # None: too little is known to thin anything


_TIER_1: Facts = {"tier": 1, "interval": None}


@dataclass(frozen=True, slots=True)
class GraduatedRule(Rule):
    """Three tiers; counts are checkpoints, the interval is steps (or epochs without steps)."""

    kind: ClassVar[str] = "graduated"
    last: int
    tier2_count: int
    tier3_interval: int

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        fields = mapping(value, where, required=("last", "tier2_count", "tier3_interval"))
        return cls(
            # One checkpoint has no gap, so a tier 1 of one would never thin anything.
            last=count(fields["last"], f"{where}.last", at_least=2),
            tier2_count=count(fields["tier2_count"], f"{where}.tier2_count"),
            tier3_interval=count(fields["tier3_interval"], f"{where}.tier3_interval"),
        )

    def value(self) -> dict[str, Any]:
        return {
            "last": self.last,
            "tier2_count": self.tier2_count,
            "tier3_interval": self.tier3_interval,
        }

    def _sentence(self) -> str:
        return (
            f"the last {self.last}, every other one of the {self.tier2_count} before them "
            f"and one every {self.tier3_interval} steps of all older"
        )

    def _label(self) -> str:
        return f"tiers {self.last}/{self.tier2_count}/{self.tier3_interval}"

    def tiers(self, items: Sequence[Checkpoint], setting: Setting = NOWHERE) -> list[int]:
        """The tier of every position, kept or not."""
        bounds = self._bounds(setting.numbers(items))
        older, thinned = bounds.tier2, bounds.tier1 - bounds.tier2
        return [3] * older + [2] * thinned + [1] * (len(items) - bounds.tier1)

    def gap(self, items: Sequence[Checkpoint], setting: Setting = NOWHERE) -> float | None:
        """The median gap inside tier 1; None where it has none."""
        return self._bounds(setting.numbers(items)).gap

    def _bounds(self, numbers: Sequence[float]) -> _Tiers:
        first = max(0, len(numbers) - self.last)
        recent = numbers[first:]
        gaps = [b - a for a, b in pairwise(recent) if b > a]
        if not gaps:
            return _Tiers(first, 0, None)
        gap = sorted(gaps)[(len(gaps) - 1) // 2]  # the low median: always a gap that exists
        return _Tiers(
            first, bisect_left(numbers, recent[0] - self.tier2_count * gap, 0, first), gap
        )

    def keeps(self, items: Sequence[Checkpoint], setting: Setting = NOWHERE) -> Mapping[int, Facts]:
        numbers = setting.numbers(items)
        bounds = self._bounds(numbers)
        if bounds.gap is None:
            return dict.fromkeys(range(len(items)), _TIER_1)
        kept: dict[int, Facts] = dict.fromkeys(range(bounds.tier1, len(items)), _TIER_1)
        for i, number, mark in Grid(self.tier3_interval).members(numbers):
            if i < bounds.tier1:
                tier = 2 if i >= bounds.tier2 else 3
                kept[i] = _grid_facts(tier, self.tier3_interval, number, mark)
        # What stands for a fine interval is its greatest, so nothing below tier 2 has a say.
        fine = Grid(2 * bounds.gap)
        for i, number, mark in fine.members(numbers[bounds.tier2 :]):
            if i + bounds.tier2 < bounds.tier1:
                facts = _grid_facts(2, fine.interval, number, mark)
                kept.setdefault(i + bounds.tier2, facts)
        return kept

    def words(self, facts: Facts) -> str:
        if facts["interval"] is None:
            return f"tier 1: last {self.last}"
        words = f"tier {facts['tier']}: every {plain(facts['interval'])}"
        if facts["number"] != facts["bucket"]:
            words += f", in place of {plain(facts['bucket'])}"
        return words

    def misses(
        self, items: Sequence[Checkpoint], kept: Mapping[int, Facts], setting: Setting = NOWHERE
    ) -> Misses:
        numbers = setting.numbers(items)
        bounds = self._bounds(numbers)
        fine = Grid(2 * (bounds.gap or 1))  # without a gap nothing is missed
        coarse = Grid(self.tier3_interval)
        unit = unit_of(items)

        def miss(position: int) -> str:
            tier, grid = (2, fine) if position >= bounds.tier2 else (3, coarse)
            end = grid.mark(grid.bucket(numbers[position]))
            keeper = items[bisect_right(numbers, end) - 1]  # the last one up to the mark
            return f"tier {tier}: every {plain(grid.interval)} {unit} keeps {own_name(keeper)}"

        return miss

    def covers(self, other: Rule) -> bool:
        """Fewer of the last, or a grid whose marks are all in tier 3, or tiers inside these."""
        if isinstance(other, LastRule):
            return other.n <= self.last
        if isinstance(other, EveryStepsRule):
            return EveryStepsRule(self.tier3_interval).covers(other)
        return (
            isinstance(other, GraduatedRule)
            and other.last == self.last
            and other.tier2_count <= self.tier2_count
            and other.tier3_interval % self.tier3_interval == 0
        )


def _grid_facts(tier: int, interval: float, number: float, mark: float) -> Facts:
    return {"tier": tier, "interval": interval, "number": number, "bucket": mark}
