"""`every_steps: N` and `every_epochs: n`: one per interval over the whole series.

As a mapping, `{every: N, offset: k, on_miss: ...}`: the grid counts from k, and `on_miss` says
what stands in where the exact number is missing: the last before it, nothing, or the closest.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from ..catalog.model import Checkpoint
from ..late_dataclass import dataclass
from .fields import choice, count, mapping, refuse
from .grid import LAST_IN_BUCKET, NONE, ON_MISS, Grid
from .rule import Facts, Misses, Rule
from .setting import NOWHERE, Setting
from .wording import own_name, plain

_UNKNOWN: Facts = {"unknown": True}


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

    @abstractmethod
    def _raw(self, items: Sequence[Checkpoint]) -> list[float | None]:
        """The number of each item, in this rule's unit."""

    def numbers(self, items: Sequence[Checkpoint]) -> tuple[Sequence[int], Sequence[float]]:
        """Positions and numbers of the items that have one."""
        raw = self._raw(items)
        known = [number for number in raw if number is not None]
        if len(known) == len(raw):
            return range(len(raw)), known
        return [i for i, number in enumerate(raw) if number is not None], known

    def _every(self) -> str:
        start = f" from {self.offset}" if self.offset else ""
        return f"every {self.interval} {self.unit}s{start}"

    def _sentence(self) -> str:
        return f"one {self._every()}" + (" (exact ones only)" if self.on_miss == NONE else "")

    def _label(self) -> str:
        return self._every()

    def keeps(self, items: Sequence[Checkpoint], setting: Setting = NOWHERE) -> Mapping[int, Facts]:
        positions, numbers = self.numbers(items)
        kept: dict[int, Facts] = {
            positions[i]: {"bucket": mark, "number": number}
            for i, number, mark in self.grid.members(numbers)
        }
        if len(numbers) < len(items):
            # As with a metric: what is not known never costs a checkpoint its life.
            known = set(positions)
            kept |= {i: _UNKNOWN for i in range(len(items)) if i not in known}
        return kept

    def words(self, facts: Facts) -> str:
        if "unknown" in facts:
            return f"{self._every()}: its {self.unit} is not known"
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
        keepers = {f["bucket"]: items[i] for i, f in kept.items() if "unknown" not in f}
        numbers = self._raw(items)
        grid = self.grid

        def miss(position: int) -> str | None:
            number = numbers[position]
            if number is None:
                return None
            mark = grid.mark(grid.bucket(number))
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

    def _raw(self, items: Sequence[Checkpoint]) -> list[float | None]:
        return [item.step for item in items]


@dataclass(frozen=True, slots=True)
class EveryEpochsRule(_EveryRule):
    """The same, counted in epochs."""

    kind: ClassVar[str] = "every_epochs"
    unit: ClassVar[str] = "epoch"

    def _raw(self, items: Sequence[Checkpoint]) -> list[float | None]:
        return [item.epoch for item in items]
