"""Delete what one commit has in the trash, with its journal lines before and after.

From the durable intent on these items count as gone, so that no undo ever puts back a half.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from . import journal
from .descent import Tree
from .erase import erase
from .interrupt import Stop
from .records import Event, Journal, JournalItem
from .results import OnProgress, Progress
from .state import TRASH_PATH

if TYPE_CHECKING:
    from concurrent.futures import Future

_AT_ONCE = 16  # polite to a metadata server, and most of what there is to gain
_SLOW = 300e-6  # seconds a look at one entry; below it threads only get in each other's way


def never() -> bool:
    """For callers that are not to be stopped."""
    return False


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
        pending += erase(tree, _folder(record, item))
    tree.remove_if_empty(f"{TRASH_PATH}/{record.intent.id}")
    return pending


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
    for item, left in _erased(tree, record, items, asked):
        pending += left
        done.append(item)
        if on_progress is not None:
            on_progress(Progress("purging", len(done), len(items), item.id))
    tree.remove_if_empty(f"{TRASH_PATH}/{record.intent.id}")
    numbers = tuple(item.n for item in done)
    event = Event("purged", clock(), items=numbers, text="; ".join(pending))
    journal.append(tree, record.intent.id, event)
    return done, pending


def _erased(
    tree: Tree, record: Journal, items: Sequence[JournalItem], asked: Stop
) -> Iterator[tuple[JournalItem, list[str]]]:
    """Delete items, many at a time where almost all of it is waiting for a server."""
    if not _is_slow(tree, [_folder(record, item) for item in items[:3]]):
        for item in items:
            if asked():
                return
            yield item, erase(tree, _folder(record, item))
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        running: deque[tuple[JournalItem, Future[list[str]]]] = deque()
        waiting = deque(items)
        while running or waiting:
            while waiting and len(running) < 2 * _AT_ONCE and not asked():
                item = waiting.popleft()
                running.append((item, pool.submit(erase, tree, _folder(record, item))))
            if not running:
                return  # what has not been begun stays in the trash and can be undone
            item, future = running.popleft()
            yield item, future.result()


def _is_slow(tree: Tree, paths: Sequence[str]) -> bool:
    """Whether the filesystem takes its time to answer, by asking it."""
    start = time.perf_counter()
    for path in paths:
        tree.exists(path)
    return time.perf_counter() - start > _SLOW * len(paths)


def _folder(record: Journal, item: JournalItem) -> str:
    return f"{TRASH_PATH}/{record.intent.id}/{item.n}"
