"""Put items of one commit back from the trash; the part that undo and recovery share.

Nothing at a place is ever overwritten. Doing it twice does no harm, so an interrupted undo is
finished by doing it again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import field

from ..late_dataclass import dataclass
from . import journal
from .descent import Tree
from .interrupt import Stop
from .outcome import HalfMoved, why
from .parents import members_of, remove_empty, restore_times, snapshot, sync_moves
from .records import Event, Journal, JournalItem, SkippedItem
from .results import OnProgress, Progress
from .trash import Place, bring_back, finish_sending, place_of, whole_in_trash


@dataclass(slots=True)
class Restored:
    """What came back, what did not, and what else was done."""

    items: list[JournalItem] = field(default_factory=list)
    skipped: list[SkippedItem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    interrupted: bool = False
    unsettled: bool = False


def restore(
    tree: Tree,
    record: Journal,
    items: tuple[JournalItem, ...],
    clock: Callable[[], float],
    *,
    asked: Stop,
    on_progress: OnProgress | None = None,
) -> Restored:
    """Put items back, last one first, and write down what came of it."""
    done = Restored()
    paths = [member.path for member in members_of(items)]
    before = {parent.path: parent.mtime_ns for parent in snapshot(tree, paths)}
    for item in reversed(items):
        if asked():
            done.interrupted = True
            break
        _restore_item(tree, item, done)
        if on_progress is not None:
            count = len(done.items) + len(done.skipped)
            on_progress(Progress("restoring", count, len(items), item.id))
    sync_moves(tree, record.intent.id, done.items)
    if _is_everything(record, done.items):
        for path in restore_times(tree, record, before):
            where = path or os.path.basename(tree.path)
            done.notes.append(f"the time of the directory {where} could not be set back")
    remove_empty(tree, record.intent.id, done.items)
    if not done.unsettled:
        _write_down(tree, record, done, clock)
    return done


def _restore_item(tree: Tree, item: JournalItem, done: Restored) -> None:
    try:
        whole_in_trash(tree, item)
        made = bring_back(tree, item)
    except OSError as error:
        done.unsettled |= isinstance(error, HalfMoved) or not _whole_again(tree, item)
        done.skipped.append(SkippedItem(item.n, why(error)))
    else:
        done.items.append(item)
        done.notes += [f"the directory {path} was missing and has been made again" for path in made]


def _whole_again(tree: Tree, item: JournalItem) -> bool:
    """After an undo that was cut short inside a set: the part that is back joins the rest."""
    try:
        if Place.TRASH in {place_of(tree, member) for member in item.members}:
            finish_sending(tree, item)
    except OSError:
        return False
    return True


def _is_everything(record: Journal, items: Iterable[JournalItem]) -> bool:
    """Whether all that the commit moved is back, now or by an earlier undo."""
    return record.trashed == record.restored | {item.n for item in items}


def _write_down(tree: Tree, record: Journal, done: Restored, clock: Callable[[], float]) -> None:
    event = Event(
        "undone",
        clock(),
        items=tuple(item.n for item in done.items),
        skipped=tuple(done.skipped),
    )
    try:
        journal.append(tree, record.intent.id, event)
    except OSError as error:
        done.notes.append(f"the end of the journal could not be written: {error.strerror}")
