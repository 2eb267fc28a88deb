"""`every_steps: N` and `every_epochs: n`: one per interval over the whole series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from ..catalog.model import Checkpoint
from .fields import count
from .grid import bucket_of, representatives
from .rule import Facts, Misses, Rule
from .wording import own_name, plain


@dataclass(frozen=True, slots=True)
class _EveryRule(Rule):
    unit: ClassVar[str]
    interval: int

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        return cls(count(value, where))

    def value(self) -> int:
        return self.interval

    def _number(self, item: Checkpoint) -> float | None:
        raise NotImplementedError

    def sentence(self) -> str:
        return f"one every {self.interval} {self.unit}s"

    def label(self) -> str:
        return f"every {self.interval} {self.unit}s"

    def keeps(self, items: Sequence[Checkpoint]) -> Mapping[int, Facts]:
        numbers = [self._number(item) for item in items]
        chosen = representatives([n for n in numbers if n is not None], self.interval)
        kept: dict[int, Facts] = {}
        for i, number in enumerate(numbers):
            if number is None:
                continue
            bucket = bucket_of(number, self.interval)
            if chosen[bucket] == number:
                kept[i] = {"bucket": bucket * self.interval, "number": number}
        return kept

    def words(self, facts: Facts) -> str:
        words = f"every {self.interval} {self.unit}s"
        if facts["number"] != facts["bucket"]:
            words += f", in place of {plain(facts['bucket'])}"
        return words

    def misses(self, items: Sequence[Checkpoint], kept: Mapping[int, Facts]) -> Misses:
        keepers = {facts["bucket"]: items[i] for i, facts in kept.items()}

        def miss(position: int) -> str | None:
            number = self._number(items[position])
            if number is None:
                return None
            keeper = keepers[bucket_of(number, self.interval) * self.interval]
            return f"every {self.interval} {self.unit}s keeps {own_name(keeper)}"

        return miss


@dataclass(frozen=True, slots=True)
class EveryStepsRule(_EveryRule):
    """The exact multiple of N steps if present, else the last one in ((k-1)N, kN]."""

    kind: ClassVar[str] = "every_steps"
    unit: ClassVar[str] = "step"

    def _number(self, item: Checkpoint) -> float | None:
        return item.step


@dataclass(frozen=True, slots=True)
class EveryEpochsRule(_EveryRule):
    """The same, counted in epochs."""

    kind: ClassVar[str] = "every_epochs"
    unit: ClassVar[str] = "epoch"

    def _number(self, item: Checkpoint) -> float | None:
        return item.epoch
