"""What an unattended prune did, as one line of a log that is read months later."""

from __future__ import annotations

from .carry_out import Order, Outcome
from .commit_text import promise
from .quantities import counted, items, moment, size


def log_line(order: Order, outcome: Outcome, now: float) -> str:
    """2025-11-21 03:00 /scratch/run7 (balanced): moved 129 checkpoints, 464 GB, to the trash; …"""
    parts = [_moved(outcome)]
    if outcome.commit.skipped:
        parts.append(f"skipped {len(outcome.commit.skipped)}")
    purged = [one for one in outcome.purges if one.commits]
    if purged:
        many = counted(sum(len(one.commits) for one in purged), "commit")
        total = size(sum(one.bytes_promised for one in purged))
        parts.append(f"purged {many} from the trash, {total}")
    parts += [
        *order.found,
        *outcome.commit.notes,
        *(note for one in outcome.purges for note in (*one.less, *one.left, *one.notes)),
    ]
    if outcome.interrupted:
        parts.append("interrupted")
    kept = len(order.plan.decisions) - outcome.commit.checkpoints
    return _line(order, [*parts, f"{kept} left"], now)


def unchanged_line(order: Order, why: tuple[str, ...], now: float) -> str:
    """Why a prune did nothing at all."""
    return _line(order, [*why, "nothing changed"], now)


def _line(order: Order, parts: list[str], now: float) -> str:
    policy = order.plan.policy
    name = policy.name if policy else "no policy"
    return f"{moment(now)} {order.plan.root} ({name}): {'; '.join(parts)}"


def _moved(outcome: Outcome) -> str:
    done = outcome.commit
    if not done.trashed:
        return "nothing to delete" if not done.skipped else "nothing was moved"
    moved = items(done.checkpoints, done.files, len(done.slimmed))
    many = f"{moved}, {promise(done.promised)}"
    if done.purged:
        return f"deleted {many}, for good (commit {done.id})"
    return f"moved {many}, to the trash (commit {done.id})"
