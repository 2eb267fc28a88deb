"""A small object for training loops: tell it of each finished save, and it keeps the right ones.

    keeper = Keeper("runs/exp1", policy="balanced")
    ...
    torch.save(state, path)
    keeper.saved(path, step=step, metrics={"val_loss": loss})

The work is done in a thread of its own, one round at a time; the loop waits for nothing. Whatever
goes wrong is logged once and never raised into training. Only rank 0 does anything, and a copy in
a forked worker does nothing.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self, SupportsFloat, SupportsInt

from ..places import POLICY_FILE, state_directory
from ..refusal import PolicyRefusal
from ..rules.policy import Policy
from ..rules.preset_files import load_policy
from .rank import rank_of
from .saves import Outcome, Save
from .upkeep import Upkeep

_LOG = logging.getLogger("keepstep")
Path = str | os.PathLike[str]


class Keeper:
    """Applies a policy to a training directory after each save.

    `policy` is a preset's name, a policy file, a `Policy`, or None for the one that is saved with
    the run; nothing unattended runs on a default, so without any the constructor raises
    PolicyRefusal. `rank` defaults to what the launcher says; other ranks than 0 do nothing.
    Every `milestone_every` steps (epochs, where no step is given) a save is pinned.
    """

    def __init__(
        self,
        directory: Path,
        policy: Path | Policy | None = None,
        *,
        rank: int | None = None,
        milestone_every: int | None = None,
    ) -> None:
        if milestone_every is not None and milestone_every < 1:
            raise PolicyRefusal(f"milestone_every: must be 1 or more, not {milestone_every}")
        self.directory = os.path.abspath(os.fspath(directory))
        self._made_of = (directory, policy, rank, milestone_every)
        self.active = (rank_of(os.environ) if rank is None else rank) == 0
        self._milestone_every = milestone_every
        self._process = os.getpid()
        self._lock = threading.Lock()
        # One that waits for work: to start a thread takes longer than a loop should wait.
        self._thread = ThreadPoolExecutor(1, "keepstep")
        self._pending: list[Save] = []
        self._promise: Future[Outcome] = Future()  # of what is pending
        self._under_way: Future[Outcome] | None = None
        self._last = Outcome()
        self._said: set[str] = set()
        self._closed = False
        self._upkeep = Upkeep(self.directory, named_policy(policy) if self.active else None)
        if self.active and policy is None:
            refuse_unsaved(self.directory)

    def saved(
        self,
        path: Path | None = None,
        *,
        step: SupportsInt | None = None,
        epoch: SupportsFloat | None = None,
        metrics: Mapping[str, SupportsFloat] | None = None,
        recent: Mapping[str, Sequence[float]] | None = None,
    ) -> Future[Outcome]:
        """Say that a save is finished and durable; returns at once.

        Name it by its path, or by the step or epoch that its name carries: what nobody has named
        counts as complete only once it is older than what was. The metrics join those that rules
        see. `recent` is what a `SaveWhen` wants back after a restart.
        """
        return self._ask(lambda: self._save(path, step, epoch, metrics, recent))

    def pin(self, path_or_id: Path, *, note: str = "") -> Future[Outcome]:
        """Protect a checkpoint from every policy, whoever applies it; returns at once."""
        return self._ask(lambda: Save(self._path(path_or_id), pin_note=note, pin_only=True))

    def milestone(
        self,
        *,
        step: SupportsInt | None = None,
        epoch: SupportsFloat | None = None,
        note: str = "milestone",
    ) -> Future[Outcome]:
        """Pin the checkpoint of a step or an epoch; returns at once."""
        return self._ask(
            lambda: Save(
                step=None if step is None else int(step),
                epoch=None if epoch is None else float(epoch),
                pin_note=note,
                pin_only=True,
            )
        )

    def wait(self, timeout: float | None = None) -> Outcome:
        """The outcome of the last round, once nothing is under way.

        Raises TimeoutError when that takes longer than so many seconds.
        """
        if not self._is_mine():
            return Outcome()
        with self._lock:
            promise = self._promise if self._pending else self._under_way
        return self._last if promise is None else promise.result(timeout)

    def close(self) -> Outcome:
        """Wait for what is under way; what is told afterwards is not acted upon."""
        outcome = self.wait()
        self._closed = True
        if self._is_mine():
            self._thread.shutdown()
        return outcome

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[object, ...]:
        """A copy for another process is made anew there, and asks for its own rank."""
        return _again, self._made_of

    def _is_mine(self) -> bool:
        """Whether this is the process that made it, and the one that is to act."""
        return self.active and os.getpid() == self._process

    def _ask(self, save: Callable[[], Save]) -> Future[Outcome]:
        if not self._is_mine() or self._closed:
            return _done(Outcome())
        try:
            asked = save()
            with self._lock:
                self._pending.append(asked)
                promise = self._promise
                if self._under_way is None:
                    self._begin()
        except Exception as error:  # whatever it is, training goes on
            return _done(self._told(Outcome(errors=(f"{type(error).__name__}: {error}",))))
        return promise

    def _begin(self) -> None:
        """Let the thread begin; under the lock. The interpreter waits for it when it ends."""
        self._under_way = self._promise
        try:
            self._thread.submit(self._work)
        except RuntimeError:  # the interpreter is ending, or no thread can be had
            self._under_way = None
            raise

    def _work(self) -> None:
        while True:
            with self._lock:
                saves, promise = self._pending, self._promise
                self._pending, self._promise = [], Future()
                self._under_way = promise if saves else None
                if not saves:
                    return
            try:
                outcome = self._upkeep.round(saves)
            except Exception as error:  # a fault of ours must not end a training either
                _LOG.debug("a round failed", exc_info=True)
                outcome = Outcome(errors=(f"{type(error).__name__}: {error}",))
            self._last = outcome
            try:
                self._told(outcome)
            finally:  # somebody waits, whatever a handler of theirs does with what is logged
                promise.set_result(outcome)

    def _told(self, outcome: Outcome) -> Outcome:
        """Log what happened, and each trouble once."""
        if outcome.trashed:
            _LOG.info("keeping %d, moved %s to the trash", outcome.kept, ", ".join(outcome.trashed))
        for note in outcome.notes:
            _LOG.info("%s", note)
        skipped = (f"{one.id} was left alone: {one.why}" for one in outcome.skipped)
        for sentence in (*outcome.errors, *outcome.tightened, *skipped):
            if sentence not in self._said:
                self._said.add(sentence)
                _LOG.warning("%s", sentence)
        return outcome

    def _save(
        self,
        path: Path | None,
        step: SupportsInt | None,
        epoch: SupportsFloat | None,
        metrics: Mapping[str, SupportsFloat] | None,
        recent: Mapping[str, Sequence[float]] | None,
    ) -> Save:
        number = None if step is None else int(step)
        fraction = None if epoch is None else float(epoch)
        return Save(
            path=None if path is None else self._path(path),
            step=number,
            epoch=fraction,
            metrics={name: float(value) for name, value in (metrics or {}).items()},
            pin_note=self._milestone_note(fraction if number is None else number),
            recent={name: tuple(values) for name, values in (recent or {}).items()},
            at_ns=time.time_ns(),
        )

    def _milestone_note(self, number: float | None) -> str | None:
        every = self._milestone_every
        if every is None or number is None or number % every:
            return None
        return f"milestone: every {every}"

    def _path(self, path_or_id: Path) -> str:
        """As the loop sees it, or as an id below the directory."""
        given = os.path.abspath(os.fspath(path_or_id))
        below = os.path.join(self.directory, os.fspath(path_or_id))
        return below if os.path.lexists(below) and not os.path.lexists(given) else given


def _again(
    directory: Path, policy: Path | Policy | None, rank: int | None, milestone_every: int | None
) -> Keeper:
    return Keeper(directory, policy, rank=rank, milestone_every=milestone_every)


def _done(outcome: Outcome) -> Future[Outcome]:
    promise: Future[Outcome] = Future()
    promise.set_result(outcome)
    return promise


def named_policy(policy: Path | Policy | None) -> Policy | None:
    """The policy of a preset's name or a file; raises PolicyRefusal."""
    if policy is None or isinstance(policy, Policy):
        return policy
    return load_policy(os.fspath(policy))


def refuse_unsaved(directory: str) -> None:
    path = os.path.join(state_directory(os.path.realpath(directory)), POLICY_FILE)
    if not os.path.isfile(path):
        raise PolicyRefusal(
            f"{directory} has no saved policy: name one, such as policy='balanced'; "
            "nothing unattended runs on a default"
        )
