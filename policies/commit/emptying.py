"""Delete what one commit has in the trash, with its journal lines before and after.

From the durable intent on these items count as gone, so that no undo ever puts back a half.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from . import journal
from .at_once import Work, each, is_slow, never
from .descent import Tree, split
from .erase import NFS_LEFTOVER, STILL_OPEN, erase
from .interrupt import Stop
from .parents import remove_empty
from .records import Event, Journal, JournalItem
from .results import OnProgress, Progress
from .slimming import trashed_members
from .state import TRASH_PATH


def empty(
    tree: Tree,
    record: Journal,
    clock: Callable[[], float],
    on_progress: OnProgress | None = None,
    asked: Stop = never,
) -> tuple[list[JournalItem], list[str]]:
    """Purge what can still be undone; the items that are gone, and paths that are not yet."""
    items = record.chosen(record.in_trash)
    numbers = tuple(item.n for item in items)
    intent = Event("purge-intent", clock(), items=numbers, settled=False)
    journal.append(tree, record.intent.id, intent)
    return _delete(tree, record, items, clock, on_progress, asked)


def finish_emptying(
    tree: Tree, record: Journal, clock: Callable[[], float]
) -> tuple[list[JournalItem], list[str]]:
    """Finish a purge that was interrupted after its intent."""
    items = record.chosen(frozenset(record.events[-1].items))
    return _delete(tree, record, items, clock, None, never)


def sweep_leftovers(tree: Tree, record: Journal) -> list[str]:
    """Try again what an earlier purge could not delete; the paths that are still there."""
    pending: list[str] = []
    for item in record.chosen(record.purged):
        pending += _erase_item(tree, item)
    return pending + _remove_folders(tree, record, record.chosen(record.purged))


def _delete(
    tree: Tree,
    record: Journal,
    items: tuple[JournalItem, ...],
    clock: Callable[[], float],
    on_progress: OnProgress | None,
    asked: Stop,
) -> tuple[list[JournalItem], list[str]]:
    done: list[JournalItem] = []
    pending: list[str] = []
    paths = [member.to for item in items[:3] for member in trashed_members(item)]
    work = Work(partial(_erase_item, tree), in_threads=True)
    slow = is_slow(tree, paths)
    with _held(tree, paths):
        for item, left in each(work, items, asked, slow=slow):
            pending += left
            done.append(item)
            if on_progress is not None:
                on_progress(Progress("purging", len(done), len(items), item.id))
    pending += _remove_folders(tree, record, done)
    numbers = tuple(item.n for item in done)
    event = Event("purged", clock(), items=numbers, text="; ".join(pending))
    journal.append(tree, record.intent.id, event)
    return done, pending


@contextmanager
def _held(tree: Tree, paths: Sequence[str]) -> Iterator[None]:
    """Mostly everything lies in one folder, which is then not looked for again each time."""
    try:
        tree.hold(split(paths[0])[0])
    except (OSError, IndexError):
        pass  # gone already, or nothing to delete
    try:
        yield
    finally:
        tree.let_go()


def _erase_item(tree: Tree, item: JournalItem) -> list[str]:
    return [left for member in trashed_members(item) for left in erase(tree, member.to)]


def _remove_folders(tree: Tree, record: Journal, gone: Sequence[JournalItem]) -> list[str]:
    """Remove the folders that held these items; what is in them that no journal names stays.

    Once nothing can come back any more, such names are reported: mostly those that a server
    keeps for a process which has a deleted file open.
    """
    base = f"{TRASH_PATH}/{record.intent.id}"
    remove_empty(tree, record.intent.id, gone)
    numbers = record.purged.union(item.n for item in gone)
    if record.trashed - record.restored - numbers or not tree.exists(base):
        return []
    ours = {member.to for item in record.intent.items for member in trashed_members(item)}
    folders = sorted({split(path)[0] for path in ours})
    found = [f"{folder}/{name}" for folder in folders for name in _names(tree, folder)]
    return [
        f"{path}: {STILL_OPEN if split(path)[1].startswith(NFS_LEFTOVER) else 'no part of it'}"
        for path in found
        if path not in ours and path not in folders
    ]


def _names(tree: Tree, folder: str) -> list[str]:
    try:
        with tree.directory(folder) as fd:
            return sorted(os.listdir(fd))
    except OSError:
        return []
