"""`last: n` and `first: n`: the ends of a series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from ..catalog.model import Checkpoint
from .fields import count
from .rule import Facts, Misses, Rule
from .wording import ordinal


@dataclass(frozen=True, slots=True)
class LastRule(Rule):
    """Keeps the n newest by step."""

    kind: ClassVar[str] = "last"
    n: int

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        return cls(count(value, where))

    def value(self) -> int:
        return self.n

    def sentence(self) -> str:
        return "the newest" if self.n == 1 else f"the last {self.n}"

    def label(self) -> str:
        return f"last {self.n}"

    def keeps(self, items: Sequence[Checkpoint]) -> Mapping[int, Facts]:
        total = len(items)
        return {i: {"rank": total - i} for i in range(max(0, total - self.n), total)}

    def words(self, facts: Facts) -> str:
        return f"last {self.n}"

    def misses(self, items: Sequence[Checkpoint], kept: Mapping[int, Facts]) -> Misses:
        total = len(items)
        return lambda position: f"{ordinal(total - position)} newest; the last {self.n} are kept"


@dataclass(frozen=True, slots=True)
class FirstRule(Rule):
    """Keeps the n oldest by step."""

    kind: ClassVar[str] = "first"
    n: int

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        return cls(count(value, where))

    def value(self) -> int:
        return self.n

    def sentence(self) -> str:
        return "the oldest" if self.n == 1 else f"the first {self.n}"

    def label(self) -> str:
        return f"first {self.n}"

    def keeps(self, items: Sequence[Checkpoint]) -> Mapping[int, Facts]:
        return {i: {"rank": i + 1} for i in range(min(self.n, len(items)))}

    def words(self, facts: Facts) -> str:
        return f"first {self.n}"

    def misses(self, items: Sequence[Checkpoint], kept: Mapping[int, Facts]) -> Misses:
        return lambda position: f"{ordinal(position + 1)} oldest; the first {self.n} are kept"
