"""What every keep-rule is: a small frozen record that names positions to keep and why.

A rule sees the complete, numbered checkpoints of one series from oldest to newest, and what its
setting gives: no clock, no disk, no other series. Rules only ever keep; a policy is their union.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from fnmatch import fnmatchcase
from typing import Any, ClassVar, Self

from ..catalog.model import Checkpoint
from ..late_dataclass import dataclass
from .setting import NOWHERE, Setting

Facts = Mapping[str, Any]
NO_FACTS: Facts = {}
NO_KEEPS: Mapping[int, Facts] = {}
Misses = Callable[[int], str | None]  # None where the rule has nothing to say


@dataclass(frozen=True, slots=True)
class Rule(ABC):
    """One kind of keep-rule; add a kind by adding a file and a row in `rules/table.py`.

    `only` limits it to the series whose id matches one of these patterns.
    """

    kind: ClassVar[str]  # its key in a policy file
    only: tuple[str, ...] = field(default=(), kw_only=True)

    @classmethod
    @abstractmethod
    def parse(cls, value: object, where: str) -> Self:
        """Build the rule from its YAML value; PolicyRefusal names `where` and the field."""

    @abstractmethod
    def value(self) -> object:
        """The YAML value that parses to this rule."""

    def document(self) -> dict[str, Any]:
        """The rule as an entry of a policy file."""
        if not self.only:
            return {self.kind: self.value()}
        only = self.only[0] if len(self.only) == 1 else list(self.only)
        return {self.kind: self.value(), "only": only}

    def sentence(self) -> str:
        """What it keeps, to follow "Keep": "the last 20"."""
        return (
            f"{self._sentence()} (only in {_listed(self.only)})" if self.only else self._sentence()
        )

    def label(self) -> str:
        """A few words for a narrow screen: "last 20"."""
        return f"{self._label()} in {_listed(self.only)}" if self.only else self._label()

    @abstractmethod
    def _sentence(self) -> str: ...

    @abstractmethod
    def _label(self) -> str: ...

    def sees(self, series: str) -> bool:
        """Whether the rule concerns a series at all."""
        return not self.only or any(fnmatchcase(series, pattern) for pattern in self.only)

    @abstractmethod
    def keeps(self, items: Sequence[Checkpoint], setting: Setting = NOWHERE) -> Mapping[int, Facts]:
        """Positions in `items` that it keeps, each with the facts that say why."""

    @abstractmethod
    def words(self, facts: Facts) -> str:
        """Facts of `keeps` in words: "every 1000 steps"."""

    @abstractmethod
    def misses(
        self,
        items: Sequence[Checkpoint],
        kept: Mapping[int, Facts],
        setting: Setting = NOWHERE,
    ) -> Misses:
        """A function that words why a position was not kept, by what was kept instead."""

    def metrics(self) -> tuple[tuple[str, str], ...]:
        """Names of the metrics it asks for, each with the mode "min" or "max"."""
        return ()

    def metric_field(self, metric: str) -> str:
        """The field in which a metric is named, for refusals."""
        return "metric"

    def covers(self, other: Rule) -> bool:
        """Whether it keeps whatever `other` could keep, on any run; both see the same series."""
        return self == replace(other, only=self.only)


def _listed(patterns: Sequence[str]) -> str:
    return " and ".join(patterns)
