"""`best: {metric, mode, count}`: the best by a metric.

Only finite values compete; among equals the newer is better. A checkpoint whose metric is not
known is kept for that, unless the rule says `missing: drop`; NaN and infinities are known, and
never win.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest, nsmallest
from math import isfinite
from typing import Any, ClassVar, Self

from ..catalog.model import Checkpoint
from .direction import MODES, known_mode
from .fields import choice, count, mapping, refuse, text
from .rule import Facts, Misses, Rule
from .setting import NOWHERE, Column, Setting
from .wording import ordinal

_UNKNOWN: Facts = {"unknown": True}


@dataclass(frozen=True, slots=True)
class BestRule(Rule):
    """Keeps the `count` best of a series."""

    kind: ClassVar[str] = "best"
    metric: str
    mode: str
    count: int = 1
    missing: str = "keep"

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        fields = mapping(value, where, required=("metric",), optional=("mode", "count", "missing"))
        metric = text(fields["metric"], f"{where}.metric")
        mode = fields.get("mode", known_mode(metric))
        if mode is None:
            refuse(
                f"{where}.mode",
                f"is needed: nothing tells whether smaller or larger {metric} is better; "
                "say min or max",
            )
        return cls(
            metric=metric,
            mode=choice(mode, f"{where}.mode", MODES),
            count=count(fields.get("count", 1), f"{where}.count"),
            missing=choice(fields.get("missing", "keep"), f"{where}.missing", ("keep", "drop")),
        )

    def value(self) -> dict[str, Any]:
        value: dict[str, Any] = {"metric": self.metric, "mode": self.mode, "count": self.count}
        return value if self.missing == "keep" else {**value, "missing": self.missing}

    def _sentence(self) -> str:
        number = "the best" if self.count == 1 else f"the best {self.count}"
        return f"{number} by {self.metric} ({self.mode})"

    def _label(self) -> str:
        return f"best {self.count} {self.metric} ({self.mode})"

    def metrics(self) -> tuple[tuple[str, str], ...]:
        return ((self.metric, self.mode),)

    def leaders(self, values: Column, count: int) -> list[int]:
        """The first few of the ranking, without putting all in order by age."""
        finite = [value for value in values if value is not None and isfinite(value)]
        if not finite:
            return []
        limit = (nsmallest if self.mode == "min" else nlargest)(count, finite)[-1]
        if self.mode == "min":
            near = ((v, i) for i, v in enumerate(values) if v is not None and v <= limit)
        else:
            near = ((v, i) for i, v in enumerate(values) if v is not None and v >= limit)
        return self._in_order((value, i) for value, i in near if isfinite(value))[:count]

    def best_of(self, items: Sequence[Checkpoint], setting: Setting) -> int | None:
        """The position of the best, if any has a finite value."""
        return next(iter(self.leaders(setting.metric(self.metric, items), 1)), None)

    def _in_order(self, scored: Iterable[tuple[float, int]]) -> list[int]:
        sign = 1 if self.mode == "min" else -1
        return [-i for _, i in sorted((sign * value, -i) for value, i in scored)]

    def keeps(self, items: Sequence[Checkpoint], setting: Setting = NOWHERE) -> Mapping[int, Facts]:
        values = setting.metric(self.metric, items)
        kept: dict[int, Facts] = {
            i: {"rank": rank, "value": values[i]}
            for rank, i in enumerate(self.leaders(values, self.count), start=1)
        }
        if self.missing == "keep" and None in values:
            kept |= {i: _UNKNOWN for i, value in enumerate(values) if value is None}
        return kept

    def words(self, facts: Facts) -> str:
        if "unknown" in facts:
            return f"metric unknown: {self.metric}"
        rank = "best" if facts["rank"] == 1 else f"{ordinal(facts['rank'])} best"
        return f"{rank} {self.metric} {facts['value']:.4g}"

    def misses(
        self, items: Sequence[Checkpoint], kept: Mapping[int, Facts], setting: Setting = NOWHERE
    ) -> Misses:
        values = setting.metric(self.metric, items)
        sign = 1 if self.mode == "min" else -1
        order = sorted(sign * value for value in values if value is not None and isfinite(value))
        those = "only the best is" if self.count == 1 else f"the best {self.count} are"

        def miss(position: int) -> str:
            value = values[position]
            if value is None:
                return f"{self.metric} is unknown, and the rule says missing: drop"
            if not isfinite(value):
                return f"{self.metric} is {value}, which never counts as best"
            rank = 1 + bisect_left(order, sign * value)
            rank += values[position + 1 :].count(value)  # of equals the newer is better
            return f"{ordinal(rank)} best {self.metric} ({value:.4g}); {those} kept"

        return miss

    def covers(self, other: Rule) -> bool:
        return (
            isinstance(other, BestRule)
            and (other.metric, other.mode) == (self.metric, self.mode)
            and other.count <= self.count
            and (self.missing == "keep" or other.missing == "drop")
        )
