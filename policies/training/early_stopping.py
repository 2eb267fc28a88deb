"""When a run no longer improves: patience, minimal improvement and warm-up. Pure."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite

from ..late_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for an improvement.

    The first `warm_up` evaluations can set the best, but never end a run.
    """

    metric: str
    mode: str  # "min" or "max"
    evaluations: int
    min_delta: float = 0.0
    warm_up: int = 0

    def improves(self, value: float, best: float | None) -> bool:
        """Whether a value is better by more than `min_delta`; NaN and infinities never are."""
        if not isfinite(value):
            return False
        if best is None:
            return True
        gain = best - value if self.mode == "min" else value - best
        return gain > self.min_delta


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands."""

    best: float | None = None
    best_at: int = 0  # which evaluation it was, from 1
    last: float | None = None
    evaluations: int = 0
    waited: int = 0  # evaluations without an improvement, after the warm-up

    def after(self, value: float, patience: Patience) -> Progress:
        """The same after one more evaluation."""
        number = self.evaluations + 1
        seen = replace(self, last=value, evaluations=number)
        if patience.improves(value, self.best):
            return replace(seen, best=value, best_at=number, waited=0)
        return replace(seen, waited=self.waited + (number > patience.warm_up))

    def is_over(self, patience: Patience) -> bool:
        """Whether the run has had its chance."""
        return self.waited >= patience.evaluations
