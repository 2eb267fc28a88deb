"""`steps: [...]` and `match: [glob...]`: what somebody wants by number or by name, always."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import ClassVar, Self

from ..catalog.model import Checkpoint
from ..late_dataclass import dataclass
from .fields import count, refuse, text
from .rule import Facts, Misses, Rule
from .setting import NOWHERE, Setting
from .wording import own_name


@dataclass(frozen=True, slots=True)
class StepsRule(Rule):
    """Keeps these steps."""

    kind: ClassVar[str] = "steps"
    steps: tuple[int, ...]

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        values = _entries(value, where, "steps: [1000, 20000]")
        steps = [count(one, f"{where}[{i}]", at_least=0) for i, one in enumerate(values)]
        return cls(tuple(sorted(set(steps))))

    def value(self) -> list[int]:
        return list(self.steps)

    def _sentence(self) -> str:
        return f"step{'s' if len(self.steps) > 1 else ''} {_listed(self.steps)}"

    def _label(self) -> str:
        return self._sentence() if len(self.steps) <= 2 else f"{len(self.steps)} steps by number"

    def keeps(self, items: Sequence[Checkpoint], setting: Setting = NOWHERE) -> Mapping[int, Facts]:
        wanted = frozenset(self.steps)
        return {i: {"step": item.step} for i, item in enumerate(items) if item.step in wanted}

    def words(self, facts: Facts) -> str:
        return f"step {facts['step']} is listed"

    def misses(
        self, items: Sequence[Checkpoint], kept: Mapping[int, Facts], setting: Setting = NOWHERE
    ) -> Misses:
        return lambda position: f"not among the {len(self.steps)} listed steps"

    def covers(self, other: Rule) -> bool:
        return isinstance(other, StepsRule) and set(other.steps) <= set(self.steps)


@dataclass(frozen=True, slots=True)
class MatchRule(Rule):
    """Keeps what a pattern matches: the whole id where it has a slash, else the last part."""

    kind: ClassVar[str] = "match"
    patterns: tuple[str, ...]

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        values = _entries(value, where, "match: ['*-best*', 'run7/*']")
        patterns = (text(one, f"{where}[{i}]") for i, one in enumerate(values))
        return cls(tuple(dict.fromkeys(patterns)))

    def value(self) -> list[str]:
        return list(self.patterns)

    def _sentence(self) -> str:
        return f"whatever matches {_listed(self.patterns)}"

    def _label(self) -> str:
        more = f" and {len(self.patterns) - 1} more" if len(self.patterns) > 1 else ""
        return f"match {self.patterns[0]}{more}"

    def keeps(self, items: Sequence[Checkpoint], setting: Setting = NOWHERE) -> Mapping[int, Facts]:
        kept: dict[int, Facts] = {}
        for i, item in enumerate(items):
            for pattern in self.patterns:
                if fnmatchcase(item.id if "/" in pattern else own_name(item), pattern):
                    kept[i] = {"pattern": pattern}
                    break
        return kept

    def words(self, facts: Facts) -> str:
        return f"matches {facts['pattern']}"

    def misses(
        self, items: Sequence[Checkpoint], kept: Mapping[int, Facts], setting: Setting = NOWHERE
    ) -> Misses:
        return lambda position: f"its name does not match {' or '.join(self.patterns)}"

    def covers(self, other: Rule) -> bool:
        return isinstance(other, MatchRule) and set(other.patterns) <= set(self.patterns)


def _entries(value: object, where: str, example: str) -> list[object]:
    if not isinstance(value, list) or not value:
        refuse(where, f"must be a list with at least one entry, such as {example}")
    return value


def _listed(values: Sequence[object]) -> str:
    *most, last = map(str, values)
    return f"{', '.join(most)} and {last}" if most else last
