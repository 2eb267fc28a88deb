"""What readers return: rows of a log, curves of one metric, and where one checkpoint stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field

from ...late_dataclass import dataclass
from ..model import no_metrics


@dataclass(frozen=True, slots=True)
class LogRow:
    """One line of a log, with the numbers as written there; how they join is told elsewhere."""

    step: int | None = None
    epoch: float | None = None
    metrics: Mapping[str, float] = field(default_factory=no_metrics)
    checkpoint: str = ""  # the checkpoint this row names itself (Ray)


@dataclass(frozen=True, slots=True)
class Curve:
    """The values of one metric, in the order in which they were logged."""

    steps: Sequence[int]
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where training stood when one checkpoint was saved, as far as its own files tell."""

    step: int | None = None
    epoch: float | None = None
    metrics: Mapping[str, float] = field(default_factory=no_metrics)
    temporary: bool = False  # its framework means to remove it by itself
