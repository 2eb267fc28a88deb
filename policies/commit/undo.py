"""Put back what a commit moved away, as it was: names, contents, links and times.

Never overwrites: what has taken a checkpoint's place meanwhile stays, and the checkpoint waits
in the trash.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from ..places import STATE_DIRECTORY
from ..refusal import Refusal
from . import journal
from .descent import Tree
from .folded import folded
from .interrupt import Stop, between_items
from .lock import hold
from .outcome import PURGED
from .records import Event, Journal
from .recovery import interrupted, recover_in
from .restoring import restore
from .results import OnProgress, Skipped, UndoResult
from .safety import refuse_root
from .state import open_if_present

Clock = Callable[[], float]


def undo(
    root: str,
    commit_id: str | None = None,
    *,
    on_progress: OnProgress | None = None,
    clock: Clock = time.time,
    stop: Stop | None = None,
) -> UndoResult:
    """Undo one commit, by default the newest that still has something in the trash."""
    refuse_root(root)
    with open_if_present(root) as state:
        if state is None:
            return _nothing(root, commit_id)
        tree = state.tree
        with hold(tree, STATE_DIRECTORY, "undoing", clock), between_items(stop) as asked:
            commit_id = commit_id or _cut_short(tree)
            notes = recover_in(tree, clock)
            if commit_id is not None and commit_id not in journal.commit_ids(tree):
                return UndoResult(_of_long_ago(tree, root, commit_id), notes=notes)
            record = _newest(tree) if commit_id is None else _named(tree, root, commit_id)
            if record is None:
                return UndoResult("", notes=notes)
            names = {item.n: item.id for item in record.intent.items}
            gone = [Skipped(names[n], PURGED) for n in sorted(record.purged)]
            items = record.chosen(record.in_trash)
            if not items:
                return UndoResult(record.intent.id, skipped=tuple(gone), notes=notes)
            _announce(tree, record, clock)
            done = restore(tree, record, items, clock, asked=asked, on_progress=on_progress)
            left = [Skipped(names[each.n], each.why) for each in done.skipped]
            return UndoResult(
                id=record.intent.id,
                restored=tuple(item.id for item in done.items),
                files=sum(item.artifact != "" for item in done.items),
                slimmed=sum(bool(item.stays) for item in done.items),
                skipped=(*left, *gone),
                interrupted=done.interrupted,
                notes=(*notes, *done.notes),
            )


def _nothing(root: str, commit_id: str | None) -> UndoResult:
    if commit_id is not None:
        raise journal.unknown_commit(root, commit_id)
    return UndoResult("")


def _announce(tree: Tree, record: Journal, clock: Clock) -> None:
    numbers = tuple(sorted(record.in_trash))
    try:
        journal.append(
            tree, record.intent.id, Event("undo-intent", clock(), items=numbers, settled=False)
        )
    except OSError as error:
        raise Refusal(
            f"the journal of commit {record.intent.id} cannot be written: {error.strerror}; "
            "nothing was moved"
        ) from error


def _cut_short(tree: Tree) -> str | None:
    """The commit whose undo was interrupted: who asks again means that one, not an older one."""
    for commit_id in interrupted(tree):
        try:
            record = journal.read(tree, commit_id)
        except Refusal:
            continue  # recovery tells of it
        if record is not None and record.open_step == "undo":
            return commit_id
    return None


def _newest(tree: Tree) -> Journal | None:
    known = set(journal.commit_ids(tree))
    for commit_id in reversed(journal.ids_in_trash(tree)):
        record = journal.read(tree, commit_id) if commit_id in known else None
        if record is not None and record.in_trash:
            return record
    return None


def _of_long_ago(tree: Tree, root: str, commit_id: str) -> str:
    """The id of a commit of which all is back; Refusal where nothing is left to put back."""
    known = next((one for one in folded(tree) if one.id == commit_id), None)
    if known is None:
        raise journal.unknown_commit(root, commit_id)
    if "purged" in known.state:
        then = time.strftime("%Y-%m-%d %H:%M", time.localtime(known.ended))
        raise Refusal(f"commit {commit_id} cannot be undone: it was purged on {then}")
    return commit_id


def _named(tree: Tree, root: str, commit_id: str) -> Journal:
    record = journal.read(tree, commit_id)
    if record is None:
        raise journal.unknown_commit(root, commit_id)
    return record
