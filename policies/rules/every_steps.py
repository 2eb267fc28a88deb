"""`every_steps: N` and `every_epochs: n`: one per interval over the whole series.

As a mapping, `{every: N, offset: k, on_miss: ...}`: the grid counts from k, and `on_miss` says
what stands in where the exact number is missing: the last before it, nothing, or the closest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from ..catalog.model import Checkpoint
from .fields import choice, count, mapping, refuse
from .grid import LAST_IN_BUCKET, NONE, ON_MISS, Grid
from .rule import Facts, Misses, Rule
from .setting import NOWHERE, Setting
from .wording import own_name, plain


@dataclass(frozen=True, slots=True)
class _EveryRule(Rule):
    unit: ClassVar[str]
    interval: int
    offset: int = 0
    on_miss: str = LAST_IN_BUCKET

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        if not isinstance(value, dict):
            return cls(count(value, where))
        fields = mapping(value, where, required=("every",), optional=("offset", "on_miss"))
        every = count(fields["every"], f"{where}.every")
        offset = count(fields.get("offset", 0), f"{where}.offset", at_least=0)
        if offset >= every:
            refuse(f"{where}.offset", f"must be less than every ({every}), not {offset}")
        on_miss = choice(fields.get("on_miss", LAST_IN_BUCKET), f"{where}.on_miss", ON_MISS)
        return cls(every, offset, on_miss)

    def value(self) -> object:
        if not self.offset and self.on_miss == LAST_IN_BUCKET:
            return self.interval
        value: dict[str, Any] = {"every": self.interval}
        if self.offset:
            value["offset"] = self.offset
        return value if self.on_miss == LAST_IN_BUCKET else {**value, "on_miss": self.on_miss}

    @property
    def grid(self) -> Grid:
        """Where its representatives lie."""
        return Grid(self.interval, self.offset, self.on_miss)

    def numbers(self, items: Sequence[Checkpoint]) -> list[tuple[int, float]]:
        """Position and number of every item that has one."""
        raise NotImplementedError

    def _every(self) -> str:
        start = f" from {self.offset}" if self.offset else ""
        return f"every {self.interval} {self.unit}s{start}"

    def _sentence(self) -> str:
        return f"one {self._every()}" + (" (exact ones only)" if self.on_miss == NONE else "")

    def _label(self) -> str:
        return self._every()

    def keeps(self, items: Sequence[Checkpoint], setting: Setting = NOWHERE) -> Mapping[int, Facts]:
        numbered = self.numbers(items)
        return {
            numbered[i][0]: {"bucket": mark, "number": number}
            for i, number, mark in self.grid.members([number for _, number in numbered])
        }

    def words(self, facts: Facts) -> str:
        if facts["number"] == facts["bucket"]:
            return self._every()
        stands_in = "in place of" if self.on_miss == LAST_IN_BUCKET else "closest to"
        return f"{self._every()}, {stands_in} {plain(facts['bucket'])}"

    def misses(
        self,
        items: Sequence[Checkpoint],
        kept: Mapping[int, Facts],
        setting: Setting = NOWHERE,
    ) -> Misses:
        keepers = {facts["bucket"]: items[i] for i, facts in kept.items()}
        numbers = dict(self.numbers(items))
        grid = self.grid

        def miss(position: int) -> str | None:
            if position not in numbers:
                return None
            mark = grid.mark(grid.bucket(numbers[position]))
            if mark not in keepers:
                return f"{self._every()} keeps exact ones only, and {plain(mark)} is missing"
            return f"{self._every()} keeps {own_name(keepers[mark])}"

        return miss

    def covers(self, other: Rule) -> bool:
        """A coarser grid whose marks are all marks of this one."""
        if not isinstance(other, type(self)):
            return False
        nested = (
            not other.interval % self.interval and not (other.offset - self.offset) % self.interval
        )
        same = other.on_miss == self.on_miss == LAST_IN_BUCKET
        alike = (other.interval, other.offset, other.on_miss) == (
            self.interval,
            self.offset,
            self.on_miss,
        )
        return alike or (nested and (same or other.on_miss == NONE))


@dataclass(frozen=True, slots=True)
class EveryStepsRule(_EveryRule):
    """The exact multiple of N steps if present, else the last one in ((k-1)N, kN]."""

    kind: ClassVar[str] = "every_steps"
    unit: ClassVar[str] = "step"

    def numbers(self, items: Sequence[Checkpoint]) -> list[tuple[int, float]]:
        return [(i, item.step) for i, item in enumerate(items) if item.step is not None]


@dataclass(frozen=True, slots=True)
class EveryEpochsRule(_EveryRule):
    """The same, counted in epochs."""

    kind: ClassVar[str] = "every_epochs"
    unit: ClassVar[str] = "epoch"

    def numbers(self, items: Sequence[Checkpoint]) -> list[tuple[int, float]]:
        return [(i, item.epoch) for i, item in enumerate(items) if item.epoch is not None]
