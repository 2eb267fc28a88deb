"""`last: n` and `first: n`: the ends of a series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

from ..catalog.model import Checkpoint
from ..late_dataclass import dataclass
from .fields import count
from .rule import Facts, Misses, Rule
from .setting import NOWHERE, Setting
from .wording import ordinal


@dataclass(frozen=True, slots=True)
class _EndRule(Rule):
    n: int

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        return cls(count(value, where))

    def value(self) -> int:
        return self.n

    def _label(self) -> str:
        return f"{self.kind} {self.n}"

    def words(self, facts: Facts) -> str:
        return f"{self.kind} {self.n}"

    def covers(self, other: Rule) -> bool:
        return isinstance(other, type(self)) and other.n <= self.n


@dataclass(frozen=True, slots=True)
class LastRule(_EndRule):
    """Keeps the n newest by step."""

    kind: ClassVar[str] = "last"

    def _sentence(self) -> str:
        return "the newest" if self.n == 1 else f"the last {self.n}"

    def keeps(self, items: Sequence[Checkpoint], setting: Setting = NOWHERE) -> Mapping[int, Facts]:
        total = len(items)
        return {i: {"rank": total - i} for i in range(max(0, total - self.n), total)}

    def misses(
        self, items: Sequence[Checkpoint], kept: Mapping[int, Facts], setting: Setting = NOWHERE
    ) -> Misses:
        total = len(items)
        rest = "only the newest is kept" if self.n == 1 else f"the last {self.n} are kept"
        return lambda position: f"{ordinal(total - position)} newest; {rest}"


@dataclass(frozen=True, slots=True)
class FirstRule(_EndRule):
    """Keeps the n oldest by step."""

    kind: ClassVar[str] = "first"

    def _sentence(self) -> str:
        return "the oldest" if self.n == 1 else f"the first {self.n}"

    def keeps(self, items: Sequence[Checkpoint], setting: Setting = NOWHERE) -> Mapping[int, Facts]:
        return {i: {"rank": i + 1} for i in range(min(self.n, len(items)))}

    def misses(
        self, items: Sequence[Checkpoint], kept: Mapping[int, Facts], setting: Setting = NOWHERE
    ) -> Misses:
        rest = "only the oldest is kept" if self.n == 1 else f"the first {self.n} are kept"
        return lambda position: f"{ordinal(position + 1)} oldest; {rest}"
