"""Tend a training directory from beside the trainer: look, and do a round after each save.

A thread of its own, one look at a time; how often it looks is bounded by how long a look takes, so
that it never costs the trainer more than a few percent of one core.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from ..catalog.model import Catalog, Standing, State
from ..catalog.scan import scan
from ..disk_space import disk_space
from ..late_dataclass import dataclass
from ..refusal import Refusal
from ..rules.policy import Policy
from .completion import SETTLES, Completion
from .directory_events import WITHOUT_EVENTS, watch
from .saves import Outcome, Save
from .settled import Settled, at_path
from .upkeep import Upkeep

_SHARE = 0.05  # of a core, at most
_BETWEEN_LOOKS = 0.5  # seconds, at least
_DISK_CHECK = 5.0
_STILL_LOW = 60.0  # seconds between rounds that can do nothing more about a full disk


@dataclass(frozen=True, slots=True)
class Tended:
    """A round, the catalog before it, and the values of a metric that were new in it."""

    outcome: Outcome
    values: tuple[float, ...] = ()


class Tender:
    """Does a round of upkeep after each save below `root`, and tells of it through `report`."""

    def __init__(
        self, root: str, policy: Policy, metric: str | None, report: Callable[[Tended], None]
    ) -> None:
        self._root = os.path.realpath(root)
        self._policy = policy
        self._metric = metric
        self._report = report
        self._upkeep = Upkeep(self._root, policy)
        self._completion = Completion(SETTLES)
        self._told: list[Save] = []
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._urgent = threading.Event()  # what the trainer says itself waits for nobody
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="keepstep-tending", daemon=True)
        self._between = WITHOUT_EVENTS
        self._listening = False
        self._evaluated: set[str] = set()
        self._low_since = -_STILL_LOW
        self._said = ""

    def begin(self) -> None:
        """Take what is there for finished, and start looking. Raises Refusal for a bad root.

        A directory that is not there yet is waited for: trainers make their own.
        """
        if os.path.lexists(self._root):
            catalog = scan(self._root)
            self._completion.begin(catalog)
            self._evaluated = {one.id for one in catalog.checkpoints if self._metric in one.metrics}
            self._listen()
        self._thread.start()

    def _listen(self) -> None:
        self._between = watch(self._root, self._wake.set, self._stop)
        self._listening = True

    def told(self, path: str, metrics: dict[str, float]) -> None:
        """The trainer says that it has saved a file; relative names are those of this process."""
        here = os.path.abspath(path)
        below = os.path.join(self._root, path)
        place = here if os.path.lexists(here) else below
        with self._lock:
            self._told.append(Save(place, metrics=metrics, at_ns=time.time_ns()))
        self._urgent.set()
        self._wake.set()

    def end(self, *, cleanly: bool) -> tuple[str, ...]:
        """A last look after the trainer has ended; ids of what it may have left half written.

        When it has ended by itself, whatever looks complete is finished.
        """
        self._stop.set()
        self._urgent.set()
        self._wake.set()
        self._thread.join()
        self._look(at_rest=cleanly)
        return self._completion.watched

    def _work(self) -> None:
        while True:
            self._wake.wait(self._patience())
            self._wake.clear()
            self._urgent.clear()
            if self._stop.is_set():
                return
            begun = time.monotonic()
            self._look()
            self._urgent.wait(max(_BETWEEN_LOOKS, (time.monotonic() - begun) / _SHARE))

    def _patience(self) -> float:
        """Seconds until the next look that nothing asks for."""
        due = self._completion.due
        settling = self._between if due is None else max(0.05, due - time.monotonic())
        return min(settling, self._between, _DISK_CHECK if self._policy.min_free else settling)

    def _look(self, *, at_rest: bool = False) -> None:
        if not self._listening:
            if not os.path.isdir(self._root):
                return
            self._listen()
        with self._lock:
            saves, self._told = self._told, []
        try:
            catalog = scan(self._root)
        except Refusal as refusal:
            self._tell(Tended(Outcome(errors=(str(refusal),))))
            return
        told = {one.id for save in saves if (one := at_path(catalog, save.path or ""))}
        finished = self._completion.look(catalog, time.monotonic(), told, at_rest=at_rest)
        values = self._values(catalog)
        if not (finished or saves or self._is_low()):
            if values:
                self._tell(Tended(Outcome(catalog=catalog), values))
            return
        outcome = self._upkeep.round(saves, settled=Settled(self._completion.whole, 0))
        saved = tuple(id_ for id_ in finished if id_ not in outcome.saved)
        self._tell(Tended(replace(outcome, saved=(*outcome.saved, *saved)), values))

    def _values(self, catalog: Catalog) -> tuple[float, ...]:
        """The metric of finished checkpoints, once each, in their order."""
        whole = self._completion.whole
        new = [
            one
            for one in catalog.checkpoints
            if one.id in whole
            and one.id not in self._evaluated
            and self._metric in one.metrics
            and (one.state, one.standing) == (State.COMPLETE, Standing.NUMBERED)
        ]
        self._evaluated.update(one.id for one in new)
        return tuple(one.metrics[self._metric] for one in new if self._metric)

    def _is_low(self) -> bool:
        """Whether the disk is low, and it is time to do something about it again."""
        wanted = self._policy.min_free
        if wanted is None or time.monotonic() - self._low_since < _STILL_LOW:
            return False
        try:
            low = disk_space(self._root).lacks(wanted) > 0
        except OSError:
            return False
        if low:
            self._low_since = time.monotonic()
        return low

    def _tell(self, tended: Tended) -> None:
        """Pass it on, unless it says the same trouble as the last time, and nothing else."""
        outcome = tended.outcome
        left = (f"{one.id}: {one.why}" for one in outcome.skipped)
        trouble = "\n".join((*outcome.errors, *outcome.notes, *left))
        if trouble == self._said:
            tended = replace(tended, outcome=replace(outcome, errors=(), notes=(), skipped=()))
        elif trouble:
            self._said = trouble
        self._report(tended)
