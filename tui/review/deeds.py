"""Runs what changes the disk in a thread of its own, one deed at a time, with progress.

What comes back is a sentence for the last line, and what was left alone with the reason why.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.message import Message
from textual.message_pump import MessagePump

from ...policies.late_dataclass import dataclass
from ...policies.refusal import Refusal
from ..output import shown
from ..quantities import items, size

if TYPE_CHECKING:
    from ...policies.commit.results import (
        CommitResult,
        Progress,
        PurgeResult,
        Skipped,
        UndoResult,
    )
    from ...policies.decisions import Plan
    from ...policies.disk_space import DiskSpace

_EVERY = 0.25  # seconds between two lines of progress


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a deed has to say."""

    sentence: str
    details: tuple[str, ...] = ()
    failed: bool = False


class Progressed(Message):
    """How far it has come; only the newest of these matters."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__()

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Progressed)


class Done(Message):
    """It has ended."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__()


Work = Callable[[Callable[["Progress"], None]], Outcome]


class Deeds:
    """At most one deed at a time."""

    def __init__(self, target: MessagePump) -> None:
        self._target = target
        self._stop = threading.Event()
        self._told = 0.0
        self._thread: threading.Thread | None = None
        self.doing = ""  # "committing"; "" when idle

    def start(self, doing: str, work: Work) -> None:
        """Run the work, unless another runs; `Done` is posted when it ends."""
        if self.doing:
            return  # a confirmation that was typed twice
        self.doing = doing
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, args=(work,), name=doing)
        self._thread.start()

    def join(self) -> None:
        """Wait for the end of what runs."""
        if self._thread is not None:
            self._thread.join()

    def stop(self) -> None:
        """Ask the running deed to end after the present checkpoint."""
        self._stop.set()

    @property
    def stopped(self) -> Callable[[], bool]:
        """What a deed asks between two checkpoints."""
        return self._stop.is_set

    def _run(self, work: Work) -> None:
        try:
            outcome = work(self._progress)
        except Refusal as refusal:
            outcome = Outcome(str(refusal), failed=True)
        except OSError as error:
            outcome = Outcome(f"{self.doing}: {error.strerror or error}", failed=True)
        self._target.post_message(Done(outcome))

    def _progress(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._told >= _EVERY or progress.done == progress.total:
            self._told = now
            text = f"{progress.doing} {progress.done} of {progress.total}"
            self._target.post_message(Progressed(text))


def commit_outcome(result: CommitResult, purge: str, undo: str) -> Outcome:
    """What a commit did: moved is not yet freed. `purge` and `undo`: what to type for these."""
    if not result.trashed and not result.skipped:
        return Outcome("nothing was to be deleted")
    moved = len(result.trashed) - len(result.slimmed)
    parts = [f"{moved} moved to the trash"] if moved or not result.slimmed else []
    if result.slimmed:
        parts.append(f"{len(result.slimmed)} slimmed")
    if result.interrupted:
        parts.append("stopped before the end")
    if result.skipped:
        parts.append(f"{len(result.skipped)} left alone")
    if result.trashed:
        parts.append(f"space returns when the trash is purged ({purge}); {undo} undoes")
    return Outcome(
        "; ".join(parts), _why(result.skipped, result.notes), failed=bool(result.skipped)
    )


def with_room(outcome: Outcome, plan: Plan, space: DiskSpace | None) -> Outcome:
    """The same, and whether the policy wants more space free; a review purges nothing itself."""
    wanted = plan.policy.min_free if plan.policy else None
    if wanted is None or space is None or not space.lacks(wanted):
        return outcome
    sentence = f"{outcome.sentence}; {space.sentence(wanted)}, so purge the trash soon"
    return replace(outcome, sentence=sentence)


def undo_outcome(result: UndoResult) -> Outcome:
    """What an undo put back."""
    if not result.restored and not result.skipped:
        return Outcome("nothing was in the trash")
    parts = [f"{items(result.checkpoints, result.files, result.slimmed)} put back"]
    if result.skipped:
        parts.append(f"{len(result.skipped)} not")
    return Outcome(
        "; ".join(parts), _why(result.skipped, result.notes), failed=bool(result.skipped)
    )


def purge_outcome(result: PurgeResult) -> Outcome:
    """What a purge promised, and by how much free space really changed."""
    done = f"purged: {size(result.bytes_promised)} promised"
    parts = [done if result.commits else "nothing was purged"]
    if result.interrupted:
        parts.append("stopped before the end; what is left can be undone")
    if result.measured is not None:
        parts.append(f"{size(max(0, result.measured))} more are free now")
    if result.pending:
        parts.append(f"{len(result.pending)} wait for a server or a process")
    details = (*result.less, *result.pending, *result.left, *result.notes)
    return Outcome(", ".join(parts), tuple(map(shown, details)), failed=bool(result.left))


def _why(skipped: Sequence[Skipped], notes: Sequence[str]) -> tuple[str, ...]:
    return (*(f"{shown(one.id)}: {one.why}" for one in skipped), *map(shown, notes))
