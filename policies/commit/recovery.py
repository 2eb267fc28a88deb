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
from .at_once import never
from .descent import Tree
from .emptying import finish_emptying
from .lock import hold, is_at_work
from .outcome import why
from .parents import remove_empty, sync_moves
from .records import Event, Journal, JournalItem, SkippedItem
from .restoring import restore
from .slimming import lacks_rest
from .state import open_if_present
from .trash import Place, bring_back, finish_sending, place_of

Clock = Callable[[], float]


def pending(root: str) -> str:
    """What was interrupted and waits to be put right, in one sentence; "" when nothing does.

    Writes nothing, and reads a few bytes of each journal. What a process of this host is still
    working on does not count; of one elsewhere nobody can tell.
    """
    try:
        with open_if_present(root) as state:
            due = [] if state is None else interrupted(state.tree)
            if state is None or not due or is_at_work(state.tree, STATE_DIRECTORY):
                return ""
            names = sorted({_name(journal.read(state.tree, one)) for one in due})
    except (Refusal, OSError):
        return ""
    verb = "wait" if len(names) > 1 else "waits"
    return f"{' and '.join(names)} {verb} to be put right; the next prune, undo or purge does it"


def recover(root: str, *, clock: Clock = time.time) -> tuple[str, ...]:
    """Finish or roll back everything that was interrupted; one sentence for each commit."""
    with open_if_present(root) as state:
        if state is None or not interrupted(state.tree):
            return ()
        with hold(state.tree, STATE_DIRECTORY, "recovering", clock):
            return recover_in(state.tree, clock)


def _name(record: Journal | None) -> str:
    """What was interrupted, and when it began."""
    if record is None or not record.open_step:
        return "an interrupted commit"
    began = record.events[-1].at if record.events else record.intent.when
    return f"an interrupted {record.open_step} of {_moment(began)}"


def _moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def recover_in(tree: Tree, clock: Clock) -> tuple[str, ...]:
    """The same under a lock that is already held."""
    return tuple(_recover_one(tree, commit_id, clock) for commit_id in interrupted(tree))


def interrupted(tree: Tree) -> list[str]:
    """The commits of which something was not ended, oldest first."""
    return [id_ for id_ in journal.commit_ids(tree) if not journal.is_settled(tree, id_)]


def _recover_one(tree: Tree, commit_id: str, clock: Clock) -> str:
    try:
        record = journal.read(tree, commit_id)
    except Refusal as refusal:
        return f"{refusal}; it was left alone"
    if record is None:
        journal.discard(tree, commit_id)
        return "an interrupted commit had not moved anything yet"
    try:
        return _finish(tree, record, clock)
    except OSError as error:
        return f"commit {commit_id} could not be put right yet: {why(error)}"


def _finish(tree: Tree, record: Journal, clock: Clock) -> str:
    commit_id = record.intent.id
    if not record.open_step:
        journal.mend(tree, commit_id)
        return f"cut off a torn last line in the journal of commit {commit_id}"
    if record.open_step == "commit":
        words = _settle_commit(tree, record, clock)
    elif record.open_step == "undo":
        items = record.chosen(frozenset(record.events[-1].items))
        done = restore(tree, record, items, clock, asked=never)
        words = f"{len(done.items)} put back"
        words += f", {len(done.skipped)} not: {done.skipped[0].why}" if done.skipped else ""
    else:
        gone, left = finish_emptying(tree, record, clock)
        words = f"{len(gone)} deleted" + (f", {len(left)} paths pending" if left else "")
    return f"finished what {_name(record)} began: {words} (commit {commit_id})"


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
