"""`best: {metric, mode, count}`: the best by a metric.

Only finite values compete; among equals the newer is better. `within: 0.002` calls equal what lies
so near to the best, and `within: noise` what chance alone could have put there, so that one lucky
evaluation does not decide. A checkpoint whose metric is not known is kept for that, unless the
rule says `missing: drop`; NaN and infinities are known, and never win.
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
from .fields import choice, count, mapping, number, refuse, text
from .noise import noise_of
from .rule import Facts, Misses, Rule
from .setting import NOWHERE, Column, Setting
from .wording import ordinal

NOISE = "noise"
_ROUNDING = 1e-12  # 0.49 lies within 0.02 of 0.47, whatever binary fractions say
_UNKNOWN: Facts = {"unknown": True}


@dataclass(frozen=True, slots=True)
class BestRule(Rule):
    """Keeps the `count` best of a series."""

    kind: ClassVar[str] = "best"
    metric: str
    mode: str
    count: int = 1
    missing: str = "keep"
    within: float | str = 0.0  # what lies so near to the best is equal to it; or NOISE

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        optional = ("mode", "count", "missing", "within")
        fields = mapping(value, where, required=("metric",), optional=optional)
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
            within=margin_of(fields.get("within", 0.0), f"{where}.within"),
        )

    def value(self) -> dict[str, Any]:
        value: dict[str, Any] = {"metric": self.metric, "mode": self.mode, "count": self.count}
        if self.within:
            value["within"] = self.within
        return value if self.missing == "keep" else {**value, "missing": self.missing}

    def _sentence(self) -> str:
        best = "the best" if self.count == 1 else f"the best {self.count}"
        near = f", newer first within {self._near()}" if self.within else ""
        return f"{best} by {self.metric} ({self.mode}){near}"

    def _label(self) -> str:
        near = f" within {self._near()}" if self.within else ""
        return f"best {self.count} {self.metric} ({self.mode}){near}"

    def _near(self) -> str:
        return self.within if isinstance(self.within, str) else f"{self.within:g}"

    def margin(self, setting: Setting) -> float | None:
        """How near to the best counts as equal to it; None where the noise is not known."""
        if isinstance(self.within, str):
            return noise_of(setting.metric_log.get(self.metric, ()))
        return self.within

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

    def best_of(self, items: Sequence[Checkpoint], setting: Setting = NOWHERE) -> int | None:
        """The position of the best, if any has a finite value."""
        return next(iter(self.leaders(setting.metric(self.metric, items), 1)), None)

    def _levelled(
        self, values: Column, setting: Setting
    ) -> tuple[Column, Mapping[int, tuple[float, float]]]:
        """The values, those near the best as good as it; and by position what they are near to."""
        margin = self.margin(setting)
        finite = [v for v in values if v is not None and isfinite(v)] if margin else []
        if not margin or not finite:
            return values, {}
        best = min(finite) if self.mode == "min" else max(finite)
        edge = margin + _ROUNDING * max(margin, abs(best))
        near = {
            i: (best, margin)
            for i, value in enumerate(values)
            if value is not None and value != best and abs(value - best) <= edge
        }
        return [best if i in near else value for i, value in enumerate(values)], near

    def _in_order(self, scored: Iterable[tuple[float, int]]) -> list[int]:
        sign = 1 if self.mode == "min" else -1
        return [-i for _, i in sorted((sign * value, -i) for value, i in scored)]

    def keeps(self, items: Sequence[Checkpoint], setting: Setting = NOWHERE) -> Mapping[int, Facts]:
        values = setting.metric(self.metric, items)
        levelled, near = self._levelled(values, setting)
        kept: dict[int, Facts] = {
            i: {"rank": rank, "value": values[i], "near": near.get(i)}
            for rank, i in enumerate(self.leaders(levelled, self.count), start=1)
        }
        if self.missing == "keep" and None in values:
            kept |= {i: _UNKNOWN for i, value in enumerate(values) if value is None}
        return kept

    def words(self, facts: Facts) -> str:
        if "unknown" in facts:
            return f"metric unknown: {self.metric}"
        if facts["near"] is not None:
            return f"{self.metric} {facts['value']:.4g}, {_as_good(facts['near'])}"
        rank = "best" if facts["rank"] == 1 else f"{ordinal(facts['rank'])} best"
        return f"{rank} {self.metric} {facts['value']:.4g}"

    def misses(
        self, items: Sequence[Checkpoint], kept: Mapping[int, Facts], setting: Setting = NOWHERE
    ) -> Misses:
        values = setting.metric(self.metric, items)
        levelled, near = self._levelled(values, setting)
        sign = 1 if self.mode == "min" else -1
        order = sorted(sign * value for value in levelled if value is not None and isfinite(value))
        those = "only the best is" if self.count == 1 else f"the best {self.count} are"

        def miss(position: int) -> str:
            value, level = values[position], levelled[position]
            if value is None or level is None:
                return f"{self.metric} is unknown, and the rule says missing: drop"
            if not isfinite(value):
                return f"{self.metric} is {value}, which never counts as best"
            rank = 1 + bisect_left(order, sign * level)
            rank += levelled[position + 1 :].count(level)  # of equals the newer is better
            if position in near:
                good = _as_good(near[position])
                return f"{self.metric} {value:.4g}, {good}; of those the newer are kept"
            return f"{ordinal(rank)} best {self.metric} ({value:.4g}); {those} kept"

        return miss

    def covers(self, other: Rule) -> bool:
        return (
            isinstance(other, BestRule)
            and (other.metric, other.mode, other.within) == (self.metric, self.mode, self.within)
            and other.count <= self.count
            and (self.missing == "keep" or other.missing == "drop")
        )


def margin_of(value: object, where: str) -> float | str:
    """What counts as near to the best: a number in the metric's unit, or NOISE."""
    if isinstance(value, str):
        return choice(value, where, (NOISE,))
    within = number(value, where)
    if within < 0:
        refuse(where, f"must be {NOISE} or a number that is not negative, not {within:g}")
    return within


def _as_good(near: tuple[float, float]) -> str:
    best, margin = near
    return f"as good as the best ({best:.4g}) within {margin:.2g}"
