"""What readers return: rows of a log, curves of one metric, and where one checkpoint stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from ..model import no_metrics


@dataclass(frozen=True, slots=True)
class LogRow:
    """One line of a log, with the numbers as written there; how they join is told elsewhere."""

    step: int | None = None
    epoch: float | None = None
    metrics: Mapping[str, float] = field(default_factory=no_metrics)
    checkpoint: str = ""  # the checkpoint this row names itself (Ray)
    held_out: bool = False  # the row says that it was measured in validation (mmcv)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows of a log are of use: all, or those of some steps or epochs, or with a name."""

    steps: frozenset[int] = frozenset()
    epochs: frozenset[float] = frozenset()
    everything: bool = False
    named: bool = False

    def __contains__(self, row: LogRow) -> bool:
        if self.everything or (self.named and row.checkpoint):
            return True
        return row.step in self.steps or row.epoch in self.epochs

    def ends(self) -> tuple[float, float]:
        """The last step and epoch; rows beyond are of checkpoints that are still to come."""
        return max(self.steps, default=inf), max(self.epochs, default=inf)

    def covers(self, other: Wanted) -> bool:
        """Whether what was kept for this, with what is ahead, holds all that the other wants."""
        if self.everything or other.everything or (other.named and not self.named):
            return self.everything
        step, epoch = self.ends()
        return all(one in self.steps or one > step for one in other.steps) and all(
            one in self.epochs or one > epoch for one in other.epochs
        )


EVERYTHING = Wanted(everything=True)
_MOST_HELD = 1_000_000  # values; some hundred bytes each


@dataclass(slots=True)
class RowLog:
    """The rows of a log as far as it was read, oldest first, and where to go on.

    What stands behind the offset has no end yet: it belongs to a live writer.
    """

    kind: str = ""  # who wrote it, where that decides how rows are joined
    offset: int = 0  # 0 where there is no going on
    header: str = ""  # of a table
    seen: int = 0  # rows that were read, of use or not
    broken: int = 0  # lines that were none
    held: int = 0  # values of the rows that were kept
    wanted: Wanted = EVERYTHING
    rows: list[LogRow] = field(default_factory=list)

    def take(self, rows: Iterable[LogRow]) -> None:
        """Keep those that are of use; of too many the newer ones."""
        wanted = self.wanted
        last_step, last_epoch = wanted.ends()
        for row in rows:
            ahead = (row.step or 0) > last_step or (row.epoch or 0) > last_epoch
            if ahead or row in wanted:
                self.rows.append(row)
                self.held += 1 + len(row.metrics)
                if self.held > _MOST_HELD:
                    self.rows = self.rows[len(self.rows) // 2 :]
                    self.held = sum(1 + len(one.metrics) for one in self.rows)


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
