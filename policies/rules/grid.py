"""A grid over step numbers: one representative in each interval ((k-1)N, kN].

The representative is the exact multiple where it exists, else the last before it. It depends on
step numbers alone, never on positions, so pruning often, rarely or at random ends in the same set.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import le

LAST_IN_BUCKET, NONE, CLOSEST = "last_in_bucket", "none", "closest"
_MANY_TO_ONE = 6  # checkpoints to an interval, from which a search is quicker than a pass
ON_MISS = (LAST_IN_BUCKET, NONE, CLOSEST)


@dataclass(frozen=True, slots=True)
class Grid:
    """Every `interval`, counted from `offset`; `on_miss` says what stands in for a gap."""

    interval: float
    offset: float = 0
    on_miss: str = LAST_IN_BUCKET

    def bucket(self, number: float) -> int:
        """Which interval a number falls in: k for ((k-1)N, kN], or the nearest multiple."""
        away = number - self.offset
        if self.on_miss == CLOSEST:
            return math.floor(away / self.interval + 0.5)
        if isinstance(away, int) and isinstance(self.interval, int):
            return -(-away // self.interval)
        return math.ceil(away / self.interval)

    def mark(self, bucket: int) -> float:
        """The exact number that a bucket asks for."""
        return bucket * self.interval + self.offset

    def buckets(self, numbers: Sequence[float]) -> list[int]:
        """The bucket of every number."""
        n, offset = self.interval, self.offset
        if self._is_whole(numbers) and self.on_miss != CLOSEST:  # `bucket`, without calling it
            # mypy cannot see that all are whole
            return [-((offset - number) // n) for number in numbers]  # type: ignore[misc]
        return [self.bucket(number) for number in numbers]

    def chosen(self, numbers: Sequence[float]) -> dict[int, float]:
        """The number that stands for each bucket; with `none` only those that are met."""
        return self._chosen(numbers, self.buckets(numbers))

    def members(self, numbers: Sequence[float]) -> Iterator[tuple[int, float, float]]:
        """Position, number and exact mark of all that the grid keeps."""
        ordered = self.on_miss == LAST_IN_BUCKET and _ascending(numbers)
        if ordered and self._is_sparse(numbers):
            yield from self._last_ones(numbers)
            return
        buckets = self.buckets(numbers)
        if ordered:
            interval, offset = self.interval, self.offset
            for bucket, last in dict(zip(buckets, range(len(numbers)), strict=True)).items():
                number, mark = numbers[last], bucket * interval + offset
                while last >= 0 and numbers[last] == number:  # equal numbers stay together
                    yield last, number, mark
                    last -= 1
            return
        chosen = self._chosen(numbers, buckets)
        for i, (bucket, number) in enumerate(zip(buckets, numbers, strict=True)):
            if chosen.get(bucket) == number:
                yield i, number, self.mark(bucket)

    def _is_whole(self, numbers: Sequence[float]) -> bool:
        """Whether nothing can be rounded."""
        whole = isinstance(self.interval, int) and isinstance(self.offset, int)
        return whole and set(map(type, numbers)) <= {int}

    def _is_sparse(self, numbers: Sequence[float]) -> bool:
        """Whether many of these ascending numbers share a bucket, so that most need no look."""
        if not numbers or not self._is_whole(numbers):
            return False
        return (numbers[-1] - numbers[0]) // self.interval * _MANY_TO_ONE < len(numbers)

    def _last_ones(self, numbers: Sequence[float]) -> Iterator[tuple[int, float, float]]:
        """What `members` tells of whole ascending numbers, from the last one to the first."""
        end, interval, offset = len(numbers), self.interval, self.offset
        while end:
            number = numbers[end - 1]
            mark = offset - (offset - number) // interval * interval
            below = bisect_right(numbers, mark - interval, 0, end)
            last = end - 1
            while last >= below and numbers[last] == number:
                yield last, number, mark
                last -= 1
            end = below

    def _chosen(self, numbers: Sequence[float], buckets: Sequence[int]) -> dict[int, float]:
        pairs = zip(buckets, numbers, strict=True)
        if self.on_miss == NONE:
            return {bucket: number for bucket, number in pairs if number == self.mark(bucket)}
        if self.on_miss == LAST_IN_BUCKET and _ascending(numbers):
            return dict(pairs)  # the last one wins
        chosen: dict[int, float] = {}
        for bucket, number in pairs:
            if bucket not in chosen or self._better(bucket, number, chosen[bucket]):
                chosen[bucket] = number
        return chosen

    def _better(self, bucket: int, number: float, than: float) -> bool:
        if self.on_miss == LAST_IN_BUCKET:
            return number > than
        mark = self.mark(bucket)  # of two equally close the later, as people expect
        return (abs(number - mark), -number) < (abs(than - mark), -than)


def _ascending(numbers: Sequence[float]) -> bool:
    return all(map(le, numbers, islice(numbers, 1, None)))
