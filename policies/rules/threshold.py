"""`threshold: {loss: {max: 0.1}, eval_loss: {max: 0.15}}`: every metric passes its bound.

Bounds include their own value. `window: 20`, beside a bound or for all of them, compares the mean
of the last 20 logged values instead. A metric that is not known lets a checkpoint stay, unless
the rule says `missing: drop` or another metric fails; NaN and infinities never pass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf, isfinite
from typing import Any, ClassVar, Self

from ..catalog.model import Checkpoint
from ..late_dataclass import dataclass
from .fields import choice, count, mapping, number, refuse
from .moving_average import values_of
from .rule import Facts, Misses, Rule
from .setting import NOWHERE, Column, Setting


@dataclass(frozen=True, slots=True)
class Bound:
    """What one metric must not exceed (max) or fall below (min)."""

    metric: str
    side: str  # max or min
    limit: float
    window: int = 1

    def passes(self, value: float) -> bool:
        """Whether a value is good enough; NaN and infinities never are."""
        if not isfinite(value):
            return False
        return value <= self.limit if self.side == "max" else value >= self.limit

    def failed_by(self, values: Column) -> list[int]:
        """Positions whose value is known and does not pass."""
        limit = self.limit
        if self.side == "max":
            return [i for i, v in enumerate(values) if v is not None and not -inf < v <= limit]
        return [i for i, v in enumerate(values) if v is not None and not limit <= v < inf]

    def value(self) -> dict[str, Any]:
        """As it stands in a policy file."""
        value: dict[str, Any] = {self.side: self.limit}
        return value if self.window == 1 else {**value, "window": self.window}

    def name(self) -> str:
        """The metric, and over how many logs it is averaged."""
        return self.metric if self.window == 1 else f"{self.metric} (mean of {self.window})"

    def said(self) -> str:
        """The bound in words."""
        return f"{self.name()} {'at most' if self.side == 'max' else 'at least'} {self.limit:g}"


@dataclass(frozen=True, slots=True)
class ThresholdRule(Rule):
    """Keeps what passes every bound."""

    kind: ClassVar[str] = "threshold"
    bounds: tuple[Bound, ...]
    missing: str = "keep"

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        if not isinstance(value, dict):
            refuse(where, "must be a mapping such as {eval_loss: {max: 0.15}}")
        window = count(value.get("window", 1), f"{where}.window") if _plain(value, "window") else 1
        missing = value.get("missing", "keep") if _plain(value, "missing") else "keep"
        bounds = tuple(
            _bound(str(metric), bound, f"{where}.{metric}", window)
            for metric, bound in value.items()
            if metric not in ("window", "missing") or isinstance(bound, dict)
        )
        if not bounds:
            refuse(where, "needs at least one metric with a bound, such as eval_loss: {max: 0.15}")
        return cls(bounds, choice(missing, f"{where}.missing", ("keep", "drop")))

    def value(self) -> dict[str, Any]:
        value: dict[str, Any] = {bound.metric: bound.value() for bound in self.bounds}
        return value if self.missing == "keep" else {**value, "missing": self.missing}

    def _sentence(self) -> str:
        return f"whatever has {' and '.join(bound.said() for bound in self.bounds)}"

    def _label(self) -> str:
        signs = {"max": "<=", "min": ">="}
        return ", ".join(f"{b.metric} {signs[b.side]} {b.limit:g}" for b in self.bounds)

    def metrics(self) -> tuple[tuple[str, str], ...]:
        better = {"max": "min", "min": "max"}  # under an upper bound smaller is better
        return tuple((bound.metric, better[bound.side]) for bound in self.bounds)

    def metric_field(self, metric: str) -> str:
        return metric

    def keeps(self, items: Sequence[Checkpoint], setting: Setting = NOWHERE) -> Mapping[int, Facts]:
        columns = self._columns(items, setting)
        failed: set[int] = set()
        unknown: dict[int, list[str]] = {}
        for bound, column in zip(self.bounds, columns, strict=True):
            failed.update(bound.failed_by(column))
            for i, value in enumerate(column) if None in column else ():
                if value is None:
                    unknown.setdefault(i, []).append(bound.metric)
        rows = enumerate(zip(*columns, strict=True))
        out = failed.union(unknown) if unknown else failed
        kept: dict[int, Facts] = {i: {"values": row} for i, row in rows if i not in out}
        if self.missing == "keep":
            kept |= {i: {"unknown": tuple(m)} for i, m in unknown.items() if i not in failed}
        return kept

    def words(self, facts: Facts) -> str:
        if "unknown" in facts:
            return f"metric unknown: {', '.join(facts['unknown'])}"
        pairs = zip(self.bounds, facts["values"], strict=True)
        return " and ".join(f"{b.name()} {value:.4g}, {_side(b)}" for b, value in pairs)

    def misses(
        self, items: Sequence[Checkpoint], kept: Mapping[int, Facts], setting: Setting = NOWHERE
    ) -> Misses:
        columns = self._columns(items, setting)

        def miss(position: int) -> str:
            values = [column[position] for column in columns]
            pairs = list(zip(self.bounds, values, strict=True))
            failing = [_failing(b, v) for b, v in pairs if v is not None and not b.passes(v)]
            unknown = [b.metric for b, value in pairs if value is None]
            said = failing or [f"{' and '.join(unknown)} unknown, and the rule says missing: drop"]
            return " and ".join(said)

        return miss

    def covers(self, other: Rule) -> bool:
        """The same metrics with bounds that are nowhere stricter."""
        if not isinstance(other, ThresholdRule) or (self.missing, other.missing) == (
            "drop",
            "keep",
        ):
            return False
        theirs = {(b.metric, b.side, b.window): b.limit for b in other.bounds}
        ours = {(b.metric, b.side, b.window): b for b in self.bounds}
        return theirs.keys() == ours.keys() and all(
            ours[key].passes(limit) for key, limit in theirs.items()
        )

    def _columns(self, items: Sequence[Checkpoint], setting: Setting) -> list[Column]:
        return [values_of(b.metric, b.window, setting, items) for b in self.bounds]


def _plain(value: Mapping[str, Any], key: str) -> bool:
    """Whether a key is the rule's own field; a metric may have that name, with a bound."""
    return key in value and not isinstance(value[key], dict)


def _bound(metric: str, value: object, where: str, window: int) -> Bound:
    if not isinstance(value, dict) or len(value.keys() & {"max", "min"}) != 1:
        refuse(where, "must be a bound, {max: number} or {min: number}, with window if wanted")
    fields = mapping(value, where, required=(), optional=("max", "min", "window"))
    side = "max" if "max" in fields else "min"
    limit = number(fields[side], f"{where}.{side}")
    return Bound(metric, side, limit, count(fields.get("window", window), f"{where}.window"))


def _side(bound: Bound) -> str:
    return f"at {'most' if bound.side == 'max' else 'least'} {bound.limit:g}"


def _failing(bound: Bound, value: float) -> str:
    if not isfinite(value):
        return f"{bound.name()} is {value}, which never passes"
    return f"{bound.name()} {value:.4g} is not {_side(bound)}"
