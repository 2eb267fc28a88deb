"""What every keep-rule is: a small frozen record that names positions to keep and why.

A rule sees the complete, numbered checkpoints of one series from oldest to newest, and nothing
else: no clock, no disk, no other series. Rules only ever keep; a policy is their union.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol, Self

from ..catalog.model import Checkpoint

Facts = Mapping[str, Any]
NO_FACTS: Facts = {}


class Rule(Protocol):
    """One kind of keep-rule; add a kind by adding a file and a row in `rules/table.py`."""

    kind: ClassVar[str]  # its key in a policy file

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        """Build the rule from its YAML value; `PolicyRefusal` names `where` and the field."""

    def value(self) -> object:
        """The YAML value that parses to this rule."""

    def sentence(self) -> str:
        """What it keeps, to follow "keep": "the last 20"."""

    def label(self) -> str:
        """A few words for a narrow screen: "last 20"."""

    def keeps(self, items: Sequence[Checkpoint]) -> Mapping[int, Facts]:
        """Positions in `items` that it keeps, each with the facts that say why."""

    def instead(
        self, items: Sequence[Checkpoint], position: int, kept: Mapping[int, Facts]
    ) -> Facts | None:
        """For a position it did not keep: the nearest thing it kept instead, if that explains."""

    def words(self, facts: Facts) -> str:
        """Facts of `keeps` in words: "every 1000 steps: 13000"."""

    def words_instead(self, facts: Facts) -> str:
        """Facts of `instead` in words: "every 1000 steps keeps checkpoint-13000"."""
