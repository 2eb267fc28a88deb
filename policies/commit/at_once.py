"""Do something to many items, several at a time where that pays; answers come in order.

A file system that answers over a network is mostly waited for, so much is asked of it at once.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from .descent import Tree
from .interrupt import Stop

if TYPE_CHECKING:
    from concurrent.futures import Future

MANY = 16  # polite to a metadata server, and most of what there is to gain
_SLOW = 300e-6  # seconds a look at one entry; below it threads only get in each other's way
_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")


def never() -> bool:
    """For callers that are not to be stopped."""
    return False


def is_slow(tree: Tree, paths: Sequence[str]) -> bool:
    """Whether the filesystem takes its time to answer, by asking it."""
    start = time.perf_counter()
    for path in paths:
        try:
            tree.exists(path)
        except OSError:
            pass  # whoever works on it will say so
    return time.perf_counter() - start > _SLOW * len(paths)


def cores() -> int:
    """How many calls the kernel can answer at the same time here."""
    return len(os.sched_getaffinity(0))


def each(
    work: Callable[[_Item], _Answer], items: Sequence[_Item], threads: int, asked: Stop = never
) -> Iterator[tuple[_Item, _Answer]]:
    """Every item with its answer, in order; once `asked` nothing more is begun."""
    if threads < 2 or len(items) < 2:
        for item in items:
            if asked():
                return
            yield item, work(item)
        return
    from concurrent.futures import ThreadPoolExecutor

    def begin(item: _Item) -> tuple[_Answer] | None:
        return None if asked() else (work(item),)

    with ThreadPoolExecutor(max_workers=threads) as pool:
        running: deque[tuple[_Item, Future[tuple[_Answer] | None]]] = deque()
        waiting = deque(items)
        while running or waiting:
            while waiting and len(running) < 2 * threads and not asked():
                item = waiting.popleft()
                running.append((item, pool.submit(begin, item)))
            if not running:
                return
            item, future = running.popleft()
            answer = future.result()
            if answer is not None:
                yield item, answer[0]
