"""What every keep-rule is: a small frozen record that names positions to keep and why.

A rule sees the complete, numbered checkpoints of one series from oldest to newest, and nothing
else: no clock, no disk, no other series. Rules only ever keep; a policy is their union.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self

from ..catalog.model import Checkpoint

Facts = Mapping[str, Any]
NO_FACTS: Facts = {}
Misses = Callable[[int], str | None]  # None where the rule has nothing to say


class Rule(ABC):
    """One kind of keep-rule; add a kind by adding a file and a row in `rules/table.py`."""

    __slots__ = ()
    kind: ClassVar[str]  # its key in a policy file

    @classmethod
    @abstractmethod
    def parse(cls, value: object, where: str) -> Self:
        """Build the rule from its YAML value; PolicyRefusal names `where` and the field."""

    @abstractmethod
    def value(self) -> object:
        """The YAML value that parses to this rule."""

    @abstractmethod
    def sentence(self) -> str:
        """What it keeps, to follow "Keep": "the last 20"."""

    @abstractmethod
    def label(self) -> str:
        """A few words for a narrow screen: "last 20"."""

    @abstractmethod
    def keeps(self, items: Sequence[Checkpoint]) -> Mapping[int, Facts]:
        """Positions in `items` that it keeps, each with the facts that say why."""

    @abstractmethod
    def words(self, facts: Facts) -> str:
        """Facts of `keeps` in words: "every 1000 steps"."""

    @abstractmethod
    def misses(self, items: Sequence[Checkpoint], kept: Mapping[int, Facts]) -> Misses:
        """A function that words why a position was not kept, by what was kept instead."""

    def metrics(self) -> tuple[tuple[str, str], ...]:
        """Names of the metrics it asks for, each with the mode "min" or "max"."""
        return ()
