"""From a plan that was shown to a commit that is told: what `prune` and `apply` share.

Asks, commits, empties the trash of what is older than the undo window, and words the result.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from ..policies.commit.commit import commit
from ..policies.commit.history import in_trash
from ..policies.commit.purge import purge
from ..policies.commit.results import CommitResult, PurgeResult
from ..policies.decisions import Plan
from ..policies.disk_space import disk_space
from ..policies.refusal import Refusal
from ..policies.rules.policy import DEFAULT_UNDO_WINDOW
from ..policies.units import FreeSpace, format_duration
from . import output
from .commit_text import commit_lines, purge_lines
from .progress import clear, progress_line
from .quantities import counted, items, size


@dataclass(frozen=True, slots=True)
class Order:
    """What to carry out, and how."""

    plan: Plan
    purge: bool
    quiet: bool = False  # stdout is for JSON alone
    silent: bool = False  # one line at the end says everything
    found: tuple[str, ...] = ()  # what had to be put right first

    @property
    def window(self) -> float:
        """Seconds that the trash keeps a commit."""
        policy = self.plan.policy
        return DEFAULT_UNDO_WINDOW if policy is None else policy.trash_seconds

    @property
    def min_free(self) -> FreeSpace | None:
        """Below this much free space the trash is emptied, oldest first."""
        return None if self.plan.policy is None else self.plan.policy.min_free

    @property
    def purge_now(self) -> bool:
        """Whether this commit is to be purged at once."""
        return self.purge or self.window == 0

    def say(self, lines: Sequence[str]) -> None:
        """Results go to stdout, unless that is for JSON."""
        for line in () if self.silent else lines:
            (output.note if self.quiet else output.data)(output.shown(line))


def question(order: Order) -> str:
    """What the person is asked."""
    sums = order.plan.summary
    many = items(sums.delete, sums.artifacts, sums.slim)
    return f"Delete {many} for good?" if order.purge_now else f"Move {many} to the trash?"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was moved, and what of the trash was emptied on this occasion."""

    commit: CommitResult
    purges: tuple[PurgeResult, ...] = ()

    @property
    def gone_for_good(self) -> bool:
        """Whether the trash has let go of this very commit."""
        return self.commit.purged or any(self.commit.id in one.commits for one in self.purges)

    @property
    def interrupted(self) -> bool:
        """Whether anything was left undone by a signal."""
        return self.commit.interrupted or any(one.interrupted for one in self.purges)


def foretold(order: Order) -> list[str]:
    """What this occasion would purge besides: the old trash, and more where the disk is full."""
    trash = in_trash(order.plan.root)
    then = time.time() - order.window
    lines = []
    old = [one for one in trash if one.when < then]
    if old:
        total = size(sum(one.bytes for one in old))
        window, commits = format_duration(order.window), counted(len(old), "commit")
        lines.append(f"trash older than {window} is purged too: {commits}, {total}")
    if order.min_free is not None and (trash or order.plan.summary.going):
        space = disk_space(order.plan.root)
        if space.lacks(order.min_free):
            lines.append(
                f"{space.sentence(order.min_free)}: after the commit the trash is purged for good, "
                "oldest first, until that is free; what this commit moves may go too"
            )
    return lines


def carry_out(order: Order) -> Outcome:
    """Commit, tell, and purge what is old enough or in the way."""
    result = CommitResult("")
    if order.plan.summary.going:
        line = progress_line()
        result = commit(order.plan, purge=order.purge_now, on_progress=line)
        clear(line)
        order.say(commit_lines(result, order.plan.root, order.window))
    if result.interrupted:
        return Outcome(result)
    purges = [_purged(order, older_than=order.window)]
    if order.min_free is not None and not purges[0].interrupted:
        space = disk_space(order.plan.root)
        if space.lacks(order.min_free):
            order.say([space.sentence(order.min_free)])
            purges.append(_purged(order, below=order.min_free))
    outcome = Outcome(result, tuple(purges))
    if outcome.gone_for_good and not result.purged:
        order.say([f"so commit {result.id} cannot be undone"])
    return outcome


def _purged(
    order: Order, *, older_than: float | None = None, below: FreeSpace | None = None
) -> PurgeResult:
    """What went for good; the commit stands, whatever becomes of the trash."""
    line = progress_line()
    try:
        result = purge(order.plan.root, older_than=older_than, below=below, on_progress=line)
    except Refusal as refusal:
        result = PurgeResult(notes=(f"the trash was not purged: {refusal}",))
        order.say([f"note: {note}" for note in result.notes])
        return result
    finally:
        clear(line)
    if result.commits and older_than is not None:
        order.say([f"older than {format_duration(older_than)} in the trash:"])
    if result.commits or result.left or below is not None:
        order.say(purge_lines(result))
    return result
