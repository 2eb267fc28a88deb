"""Delete what one commit has in the trash, with its journal lines before and after.

From the durable intent on these items count as gone, so that no undo ever puts back a half.
"""

from __future__ import annotations

from collections.abc import Callable

from . import journal
from .descent import Tree
from .erase import erase
from .interrupt import Stop
from .records import Event, Journal, JournalItem
from .results import OnProgress, Progress
from .state import TRASH_PATH


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
    for item in items:
        if asked():
            break  # what has not been begun stays in the trash and can be undone
        pending += erase(tree, _folder(record, item))
        done.append(item)
        if on_progress is not None:
            on_progress(Progress("purging", len(done), len(items), item.id))
    tree.remove_if_empty(f"{TRASH_PATH}/{record.intent.id}")
    numbers = tuple(item.n for item in done)
    event = Event("purged", clock(), items=numbers, text="; ".join(pending))
    journal.append(tree, record.intent.id, event)
    return done, pending


def _folder(record: Journal, item: JournalItem) -> str:
    return f"{TRASH_PATH}/{record.intent.id}/{item.n}"
