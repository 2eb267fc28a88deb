"""Ask whether to save, in any loop; what was best so far survives a restart.

    when = SaveWhen(every_steps(500) & better("val_loss"), keeper)
    ...
    if when(step=step, metrics={"val_loss": loss}):
        torch.save(state, path)
        when.saved(path)

A save counts once `saved` was called: one that failed, or that a crash cut short, is never taken
for the best. All of it is noted in the run's own log, from which the next start reads it.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import SupportsFloat, SupportsInt

from ..catalog.given_metrics import GivenRow, read_given_rows
from ..catalog.model import Standing, State
from ..catalog.scan import scan
from ..places import state_directory
from ..refusal import Refusal
from .conditions import Condition, Memory, Moment, Smoothed
from .keeper import Keeper
from .saves import Outcome

_LOG = logging.getLogger("keepstep")


class SaveWhen:
    """A condition, and what it has to remember between calls and between starts.

    In a distributed loop every rank may ask with the same numbers and gets the same answer, but
    for conditions on time: there rank 0 has to ask and tell the others.
    """

    def __init__(
        self, condition: Condition, keeper: Keeper, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._condition = condition
        self._keeper = keeper
        self._clock = clock
        self._asked = tuple(dict.fromkeys(condition.smoothed()))
        self._windows: dict[str, int] = {}
        for metric, window in self._asked:
            if window > 1:
                self._windows[metric] = max(window, self._windows.get(metric, 1))
        self._rows = _rows(keeper.directory)
        self._memory: Memory | None = None
        self._moment: Moment | None = None

    def __call__(
        self,
        *,
        step: SupportsInt | None = None,
        epoch: SupportsFloat | None = None,
        metrics: Mapping[str, SupportsFloat] | None = None,
    ) -> bool:
        """Whether to save now. A metric that is missing, or no number, passes nothing."""
        moment = Moment(
            None if step is None else int(step),
            None if epoch is None else float(epoch),
            _numbers(metrics or {}),
            self._clock(),
        )
        memory = self._memory or restored(self._rows, moment, self._asked)
        memory = memory.seen(moment, self._windows)
        holds = self._condition.holds(moment, memory)
        self._memory = replace(memory, previous=moment)
        self._moment = moment
        return holds

    def saved(self, path: str | os.PathLike[str] | None = None) -> Future[Outcome]:
        """The save that the last answer asked for is finished; the keeper is told, too."""
        moment = self._moment or Moment(at=self._clock())
        memory = (self._memory or Memory()).saved(moment, self._asked)
        self._memory = memory
        return self._keeper.saved(
            path,
            step=moment.step,
            epoch=moment.epoch,
            metrics=moment.metrics,
            recent={n: memory.recent[n] for n, w in self._windows.items() if n in memory.recent},
        )


def restored(rows: Sequence[GivenRow], first: Moment, asked: Sequence[Smoothed]) -> Memory:
    """What earlier saves tell a process that begins at a moment.

    The best of all of them counts; the rest is as it was at the save from which it goes on.
    """
    memory = Memory()
    for row in rows:
        moment = Moment(row.step, row.epoch, row.metrics, row.at or 0.0)
        memory = replace(memory, recent=row.recent).saved(moment, asked)
    before = [row for row in rows if _is_before(row, first)]
    if not before:
        return Memory(best=memory.best)
    last = before[-1]
    return Memory(
        Moment(last.step, last.epoch, last.metrics), last.at, memory.best, dict(last.recent)
    )


def _is_before(row: GivenRow, moment: Moment) -> bool:
    if row.step is not None and moment.step is not None:
        return row.step <= moment.step
    if row.epoch is not None and moment.epoch is not None:
        return row.epoch <= moment.epoch
    return True


def _rows(directory: str) -> tuple[GivenRow, ...]:
    """What was saved before, by the run's own log and by what other logs say of what is there."""
    real = os.path.realpath(directory)
    return (*_found(real), *read_given_rows(state_directory(real)))


def _found(directory: str) -> Iterable[GivenRow]:
    if not os.path.isdir(directory):
        return ()
    try:
        catalog = scan(directory)
    except Refusal as refusal:
        _LOG.warning("%s; what was best before is not known", refusal)
        return ()
    return [
        GivenRow(one.id, one.step, one.epoch, one.metrics, one.saved_at)
        for one in catalog.checkpoints
        if (one.state, one.standing) == (State.COMPLETE, Standing.NUMBERED)
    ]


def _numbers(metrics: Mapping[str, SupportsFloat]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, value in metrics.items():
        try:
            found[name] = float(value)
        except (TypeError, ValueError):
            _LOG.warning("the metric %s is no number, and was passed over: %r", name, value)
    return found
