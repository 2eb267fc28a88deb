"""The best checkpoint of a series by a metric, told honestly.

An evaluation is one throw: what lies within its noise of the best is as good, and the best that
was ever measured may be of a step that nobody saved.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite

from .catalog.model import Catalog, Checkpoint, MetricLog, Series, Standing, State
from .late_dataclass import dataclass
from .rules.best import BestRule
from .rules.noise import noise_of
from .rules.policy import Policy
from .rules.wording import own_name


@dataclass(frozen=True, slots=True)
class BestReport:
    """What there is to know about the best of one series by one metric."""

    series: str
    metric: str
    mode: str  # "min" or "max"
    best: Checkpoint
    value: float
    noise: float | None  # in the metric's unit; None where too little was logged
    equals: tuple[Checkpoint, ...]  # others within the noise of the best, in catalog order
    unsaved: tuple[int, float] | None  # a better evaluation: step, value; no checkpoint is there

    def words_for(self, one: Checkpoint) -> str:
        """How a checkpoint stands to the best, as far as one evaluation can tell; "" if below."""
        if one.id == self.best.id:
            count = len(self.equals)
            others = f", and {count} as good within the noise of {self.noise:.2g}" if count else ""
            return f"the best {self.metric} that is there{others}"
        if any(one.id == other.id for other in self.equals):
            return (
                f"as good as the best {self.metric} ({own_name(self.best)}, {self.value:.4g}) "
                f"within the noise of {self.noise:.2g}"
            )
        return ""

    def words_of_unsaved(self) -> str:
        """The evaluation that was better than any checkpoint that is there; "" if there is none."""
        if self.unsaved is None:
            return ""
        step, value = self.unsaved
        return (
            f"the best {self.metric} ({value:.4g}) was measured at step {step}, "
            "of which there is no checkpoint"
        )

    def sentences(self) -> Iterator[str]:
        """What a person who trusts the best should know; nothing where all is plain."""
        name, value = own_name(self.best), f"{self.value:.4g}"
        if self.unsaved is not None:
            best = f"the best that is there is {name} ({value})"
            yield f"{self.series}: {self.words_of_unsaved()}; {best}"
        if self.equals:
            are = "1 other is" if len(self.equals) == 1 else f"{len(self.equals)} others are"
            yield (
                f"{self.series}: {are} as good as the best {self.metric} ({name}, {value}) "
                f"within the noise of {self.noise:.2g}"
            )


def best_report(
    series: str, log: MetricLog, items: Sequence[Checkpoint], metric: str, mode: str
) -> BestReport | None:
    """The report on whole, numbered checkpoints; None when none has a finite value."""
    whole = [
        one for one in items if one.state is State.COMPLETE and one.standing is Standing.NUMBERED
    ]
    place = BestRule(metric, mode).best_of(whole)
    if place is None:
        return None
    best, logged = whole[place], log.get(metric, ())
    value, noise = best.metrics[metric], noise_of(logged)
    equals = (
        one
        for one in whole
        if noise is not None and one is not best and _near(one.metrics.get(metric), value, noise)
    )
    unsaved = _unsaved(logged, {one.step for one in whole}, mode)
    better = unsaved is not None and (unsaved[1] < value if mode == "min" else unsaved[1] > value)
    return BestReport(
        series, metric, mode, best, value, noise, tuple(equals), unsaved if better else None
    )


def best_reports(catalog: Catalog, policy: Policy | None) -> Iterator[BestReport]:
    """For each series: the metrics by which the policy judges it, and the run's own."""
    items: dict[str, list[Checkpoint]] = {}
    for one in catalog.checkpoints:
        items.setdefault(one.series, []).append(one)
    for series in catalog.series:
        for metric, mode in _judged_by(series, policy).items():
            line = items.get(series.id, [])
            report = best_report(series.id, series.metric_log, line, metric, mode)
            if report is not None:
                yield report


def _judged_by(series: Series, policy: Policy | None) -> dict[str, str]:
    chosen = (series.selects_by,) if series.selects_by else ()
    rules = () if policy is None else policy.keep
    asked = (pair for rule in rules if rule.sees(series.id) for pair in rule.metrics())
    return dict((*chosen, *asked))


def _unsaved(
    logged: Sequence[tuple[int, float]], saved: set[int | None], mode: str
) -> tuple[int, float] | None:
    finite = ((value, step) for step, value in logged if isfinite(value) and step not in saved)
    found = min(finite, default=None) if mode == "min" else max(finite, default=None)
    return None if found is None else (found[1], found[0])


def _near(value: float | None, best: float, noise: float) -> bool:
    return value is not None and abs(value - best) <= noise
