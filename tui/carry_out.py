"""From a plan that was shown to a commit that is told: what `prune` and `apply` share.

Asks, commits, empties the trash of what is older than the undo window, and words the result.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..policies.commit.commit import commit
from ..policies.commit.history import history
from ..policies.commit.purge import purge
from ..policies.commit.results import CommitResult
from ..policies.decisions import Plan
from ..policies.refusal import Refusal
from ..policies.rules.policy import DEFAULT_UNDO_WINDOW
from ..policies.units import format_duration
from . import output
from .commit_text import commit_lines, purge_lines
from .progress import clear, progress_line
from .quantities import counted, size

IN_TRASH = frozenset({"in trash", "partly undone", "partly purged"})


@dataclass(frozen=True, slots=True)
class Order:
    """What to carry out, and how."""

    plan: Plan
    purge: bool
    quiet: bool = False  # stdout is for JSON alone

    @property
    def window(self) -> float:
        """Seconds that the trash keeps a commit."""
        policy = self.plan.policy
        return DEFAULT_UNDO_WINDOW if policy is None else policy.trash_seconds

    @property
    def purge_now(self) -> bool:
        """Whether this commit is to be purged at once."""
        return self.purge or self.window == 0

    def say(self, lines: Sequence[str]) -> None:
        """Results go to stdout, unless that is for JSON."""
        for line in lines:
            (output.note if self.quiet else output.data)(output.shown(line))


def question(order: Order) -> str:
    """What the person is asked."""
    many = counted(order.plan.summary.delete, "checkpoint")
    return f"Delete {many} for good?" if order.purge_now else f"Move {many} to the trash?"


def expired(root: str, window: float) -> list[str]:
    """One line on the trash that this occasion would purge, if there is any."""
    then = time.time() - window
    old = [one for one in history(root) if one.state in IN_TRASH and one.when < then]
    if not old:
        return []
    total = size(sum(one.bytes for one in old))
    commits = counted(len(old), "commit")
    return [f"trash older than {format_duration(window)} is purged too: {commits}, {total}"]


def carry_out(order: Order) -> CommitResult:
    """Commit, tell, and purge what is old enough."""
    result = CommitResult("")
    if order.plan.summary.delete:
        line = progress_line()
        result = commit(order.plan, purge=order.purge_now, on_progress=line)
        clear(line)
        order.say(commit_lines(result, order.plan.root, order.window))
    if result.interrupted:
        return result
    return replace(result, interrupted=_purge_expired(order))


def _purge_expired(order: Order) -> bool:
    """Whether it was interrupted; the commit stands, whatever becomes of the old trash."""
    line = progress_line()
    try:
        result = purge(order.plan.root, older_than=order.window, on_progress=line)
    except Refusal as refusal:
        order.say([f"note: the old trash was not purged: {refusal}"])
        return False
    finally:
        clear(line)
    if result.commits:
        words = format_duration(order.window)
        order.say([f"older than {words} in the trash:", *purge_lines(result)])
    return result.interrupted
