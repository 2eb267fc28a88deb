"""`graduated`: all of the last, then every other, then one per long interval.

Tier 1 is the last `last` checkpoints. With g the median gap inside tier 1 and s its oldest step,
tier 2 holds the steps in [s - tier2_count*g, s) and keeps the grid of 2g; tier 3 is everything
older and keeps the grid of `tier3_interval`, which protects in the finer tiers too. Both grids are
anchored on step numbers over the whole series: thinning again and again changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, Self

from ..catalog.model import Checkpoint
from .fields import count, mapping
from .grid import bucket_of, representatives
from .rule import Facts, Misses, Rule
from .wording import own_name, plain, unit_of


@dataclass(frozen=True, slots=True)
class _Tiers:
    """Where the tiers of one series lie."""

    first_of_tier1: int  # position
    tier2_from: float  # number, inclusive
    gap: float | None  # None: too little is known to thin anything


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

    def sentence(self) -> str:
        return (
            f"the last {self.last}, every other one of the {self.tier2_count} before them "
            f"and one every {self.tier3_interval} steps of all older"
        )

    def label(self) -> str:
        return f"tiers {self.last}/{self.tier2_count}/{self.tier3_interval}"

    def tiers(self, items: Sequence[Checkpoint]) -> list[int]:
        """The tier of every position, kept or not."""
        bounds = self._bounds([_number(item) for item in items])
        return [self._tier(i, _number(item), bounds) for i, item in enumerate(items)]

    def _bounds(self, numbers: Sequence[float]) -> _Tiers:
        first = max(0, len(numbers) - self.last)
        recent = numbers[first:]
        gaps = [b - a for a, b in pairwise(recent) if b > a]
        if not gaps:
            return _Tiers(first, float("-inf"), None)
        gap = sorted(gaps)[(len(gaps) - 1) // 2]  # the low median: always a gap that exists
        return _Tiers(first, recent[0] - self.tier2_count * gap, gap)

    def _tier(self, position: int, number: float, bounds: _Tiers) -> int:
        if position >= bounds.first_of_tier1:
            return 1
        return 2 if number >= bounds.tier2_from else 3

    def keeps(self, items: Sequence[Checkpoint]) -> Mapping[int, Facts]:
        numbers = [_number(item) for item in items]
        bounds = self._bounds(numbers)
        if bounds.gap is None:
            return {i: {"tier": 1, "interval": None} for i in range(len(items))}
        fine, coarse = 2 * bounds.gap, self.tier3_interval
        fine_chosen = representatives(numbers, fine)
        coarse_chosen = representatives(numbers, coarse)
        kept: dict[int, Facts] = {}
        for i, number in enumerate(numbers):
            tier = self._tier(i, number, bounds)
            if tier == 1:
                kept[i] = {"tier": 1, "interval": None}
            elif coarse_chosen[bucket_of(number, coarse)] == number:
                kept[i] = _grid_facts(tier, number, coarse)
            elif tier == 2 and fine_chosen[bucket_of(number, fine)] == number:
                kept[i] = _grid_facts(tier, number, fine)
        return kept

    def words(self, facts: Facts) -> str:
        if facts["interval"] is None:
            return f"tier 1: last {self.last}"
        words = f"tier {facts['tier']}: every {plain(facts['interval'])}"
        if facts["number"] != facts["bucket"]:
            words += f", in place of {plain(facts['bucket'])}"
        return words

    def misses(self, items: Sequence[Checkpoint], kept: Mapping[int, Facts]) -> Misses:
        numbers = [_number(item) for item in items]
        bounds = self._bounds(numbers)
        by_number = dict(zip(numbers, items, strict=True))
        gap = bounds.gap or 1  # without a gap nothing is missed
        chosen = {
            interval: representatives(numbers, interval)
            for interval in (2 * gap, self.tier3_interval)
        }
        unit = unit_of(items)

        def miss(position: int) -> str:
            tier = self._tier(position, numbers[position], bounds)
            interval = 2 * gap if tier == 2 else self.tier3_interval
            keeper = by_number[chosen[interval][bucket_of(numbers[position], interval)]]
            return f"tier {tier}: every {plain(interval)} {unit} keeps {own_name(keeper)}"

        return miss


def _number(item: Checkpoint) -> float:
    number = item.number
    return 0 if number is None else number


def _grid_facts(tier: int, number: float, interval: float) -> Facts:
    bucket = bucket_of(number, interval) * interval
    return {"tier": tier, "interval": interval, "number": number, "bucket": bucket}
