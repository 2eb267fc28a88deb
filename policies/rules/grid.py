"""A grid over step numbers: one representative in each interval ((k-1)N, kN].

The representative is the exact multiple where it exists, else the last before it. It depends on
step numbers alone, never on positions, so pruning often, rarely or at random ends in the same set.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def bucket_of(number: float, interval: float) -> int:
    """Which interval a number falls in: k for ((k-1)N, kN]."""
    if isinstance(number, int) and isinstance(interval, int):
        return -(-number // interval)
    return math.ceil(number / interval)


def representatives(numbers: Sequence[float], interval: float) -> dict[int, float]:
    """The number that stands for each interval, by interval."""
    chosen: dict[int, float] = {}
    for number in numbers:
        bucket = bucket_of(number, interval)
        if bucket not in chosen or number > chosen[bucket]:
            chosen[bucket] = number
    return chosen
