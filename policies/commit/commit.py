"""Carry out a plan: lock, look again, write down the intent, move into the trash, say so.

Nothing moves before its intent is durable; nothing is deleted here unless a purge was asked
for; a checkpoint that changed, was pinned or is needed after all stays where it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from ..decisions import Plan
from ..places import STATE_DIRECTORY
from . import journal
from .commit_id import new_commit_id
from .emptying import empty
from .folded import fold
from .interrupt import Stop, between_items
from .lock import hold
from .moving import Moving
from .pin_watch import PinWatch
from .recovery import recover_in
from .results import CommitResult, OnProgress
from .revalidate import Rescan, rescan_now, revalidate
from .safety import refuse_root
from .shortfall import shortfall
from .state import StateDirectory, free_bytes, open_for_writing, reserve_room

Clock = Callable[[], float]


def commit(
    plan: Plan,
    *,
    purge: bool = False,
    on_progress: OnProgress | None = None,
    clock: Clock = time.time,
    stop: Stop | None = None,
    rescan: Rescan = rescan_now,
    new_id: Callable[[float, Sequence[str]], str] = new_commit_id,
) -> CommitResult:
    """Move what the plan deletes into the trash, and with `purge` empty it of that at once.

    `stop` is asked after every checkpoint, besides signals. Raises Refusal when nothing can be
    done at all; what concerns one checkpoint is in `skipped`.
    """
    refuse_root(plan.root)
    doomed = plan.doomed
    if not doomed:
        return CommitResult("")
    with (
        open_for_writing(plan.root) as state,
        hold(state.tree, STATE_DIRECTORY, "committing", clock),
        between_items(stop) as asked,
    ):
        notes = recover_in(state.tree, clock)
        reserve_room(state)
        watch = PinWatch(plan.catalog, [one.id for one in doomed])
        going, skipped = revalidate(state, plan, clock(), rescan)
        if not going:
            return CommitResult("", skipped=tuple(skipped), notes=notes)
        commit_id = new_id(clock(), journal.commit_ids(state.tree))
        run = Moving(state, plan, commit_id, going, watch, clock)
        run.begin()
        run.move(asked, on_progress)
        run.end()
        result = run.result(skipped, notes)
        if not purge:
            return result
        result = _purged(result, state, run, on_progress, asked, clock)
        if not result.interrupted:
            fold(state.tree)
        return result


def _purged(
    result: CommitResult,
    state: StateDirectory,
    run: Moving,
    on_progress: OnProgress | None,
    asked: Stop,
    clock: Clock,
) -> CommitResult:
    if not result.trashed or asked():
        return replace(result, interrupted=result.interrupted or asked())
    before = free_bytes(state.tree)
    try:
        if run.written is None:  # what is not written down cannot be deleted
            note = "the trash was not emptied: the commit has to be put right first, by any command"
            return replace(result, notes=(*result.notes, note))
        gone, left = empty(state.tree, run.written, clock, on_progress, asked)
    except OSError as error:
        note = f"the trash was not emptied: its journal cannot be written ({error.strerror})"
        return replace(result, notes=(*result.notes, note))
    measured = free_bytes(state.tree) - before
    linked = result.promised.possible - result.promised.certain
    less = shortfall(state.tree.path, result.promised.possible, linked, measured, left)
    return replace(
        result,
        purged=len(gone) == len(result.trashed),
        measured=measured,
        interrupted=len(gone) < len(result.trashed),
        notes=(*result.notes, *less, *(f"not deleted yet: {path}" for path in left)),
    )
