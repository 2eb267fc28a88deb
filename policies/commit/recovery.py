"""Finish or roll back what a crash interrupted, by where things really are on disk.

A checkpoint of an interrupted commit that has not left completely goes back; one whose place is
taken meanwhile goes into the trash completely. Afterwards each is whole in one of the two.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from ..places import STATE_DIRECTORY
from ..refusal import Refusal
from . import journal
from .descent import Tree
from .emptying import finish_emptying, never
from .lock import hold
from .outcome import why
from .parents import remove_empty, sync_moves
from .records import Event, Journal, JournalItem, SkippedItem
from .restoring import restore
from .slimming import lacks_rest
from .state import open_if_present
from .trash import Place, bring_back, finish_sending, place_of

Clock = Callable[[], float]


def pending(root: str) -> bool:
    """Whether recovery is due, as far as can be read; writes nothing.

    Reads a few bytes of each journal. Also true while a commit is running.
    """
    try:
        with open_if_present(root) as state:
            return state is not None and bool(_due(state.tree))
    except (Refusal, OSError):
        return False


def recover(root: str, *, clock: Clock = time.time) -> tuple[str, ...]:
    """Finish or roll back everything that was interrupted; one sentence for each commit."""
    with open_if_present(root) as state:
        if state is None or not _due(state.tree):
            return ()
        with hold(state.tree, STATE_DIRECTORY, "recovering", clock):
            return recover_in(state.tree, clock)


def recover_in(tree: Tree, clock: Clock) -> tuple[str, ...]:
    """The same under a lock that is already held."""
    return tuple(_recover_one(tree, commit_id, clock) for commit_id in _due(tree))


def _due(tree: Tree) -> list[str]:
    return [id_ for id_ in journal.commit_ids(tree) if not journal.is_settled(tree, id_)]


def _recover_one(tree: Tree, commit_id: str, clock: Clock) -> str:
    try:
        record = journal.read(tree, commit_id)
    except Refusal as refusal:
        return f"{refusal}; it was left alone"
    if record is None:
        journal.discard(tree, commit_id)
        return f"commit {commit_id} was interrupted before anything moved"
    try:
        return _finish(tree, record, clock)
    except OSError as error:
        return f"commit {commit_id} could not be put right yet: {why(error)}"


def _finish(tree: Tree, record: Journal, clock: Clock) -> str:
    name = f"commit {record.intent.id}"
    if record.open_step == "commit":
        return f"{name} was interrupted: {_settle_commit(tree, record, clock)}"
    if record.open_step == "undo":
        items = record.chosen(frozenset(record.events[-1].items))
        done = restore(tree, record, items, clock, asked=never)
        return f"the undo of {name} was interrupted and is finished: {len(done.items)} put back"
    if record.open_step == "purge":
        gone, left = finish_emptying(tree, record, clock)
        rest = f", {len(left)} paths pending" if left else ""
        return f"the purge of {name} was interrupted and is finished: {len(gone)} deleted{rest}"
    journal.mend(tree, record.intent.id)
    return f"the journal of {name} had a torn last line, which was cut off"


def _settle_commit(tree: Tree, record: Journal, clock: Clock) -> str:
    trashed: list[JournalItem] = []
    back: list[JournalItem] = []
    skipped: list[SkippedItem] = []
    for item in record.intent.items:
        try:
            (trashed if _settle_item(tree, item) else back).append(item)
        except OSError as error:
            skipped.append(SkippedItem(item.n, why(error)))
    sync_moves(tree, record.intent.id, record.intent.items)
    remove_empty(tree, record.intent.id, back)
    words = f"{len(trashed)} in the trash, {len(back)} in place"
    if skipped:
        # Not settled: the next start tries again.
        return f"{words}, {len(skipped)} not put right yet: {skipped[0].why}"
    numbers = tuple(item.n for item in trashed)
    journal.append(tree, record.intent.id, Event("recovered", clock(), items=numbers, text=words))
    return words


def _settle_item(tree: Tree, item: JournalItem) -> bool:
    """Make the item whole; whether that is in the trash."""
    places = {place_of(tree, member) for member in item.members}
    if Place.TRASH not in places:
        return False
    if places == {Place.TRASH} or lacks_rest(tree, item):
        return True
    try:
        bring_back(tree, item)
    except FileExistsError:
        finish_sending(tree, item)
        return True
    return False
