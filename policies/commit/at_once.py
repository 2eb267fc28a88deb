"""Do something to many items, several at a time where that pays; answers come in order.

A file system that answers over a network is mostly waited for, so much is asked of it at once.
One that answers from memory keeps a core busy, so a second one helps, if there is enough to do.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..catalog.survey import may_fork
from .descent import Tree
from .interrupt import Stop

if TYPE_CHECKING:
    from concurrent.futures import Future

_MANY = 16  # polite to a metadata server, and most of what there is to gain
_SLOW = 300e-6  # seconds a look at one entry; below it threads only get in each other's way
_FEW = 2  # threads on a fast disk; more only wait for each other
_TASTE = 2e-3  # seconds of work, before anything is known of how long it takes
_WORTH_SHARING = 10e-3  # seconds of work to come; a second process costs some of them
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
    if not hasattr(os, "sched_getaffinity"):  # macOS
        return os.cpu_count() or 1
    return len(os.sched_getaffinity(0))


def _as_it_is(answer: Any) -> Any:  # noqa: ANN401 - whatever it is
    return answer


@dataclass(frozen=True, slots=True)
class Work(Generic[_Item, _Answer]):
    """What is done to each item, and how its answer comes from another process.

    Doing it twice must be as good as once. `in_threads` says that it is mostly system calls.
    """

    do: Callable[[_Item], _Answer]
    pack: Callable[[_Answer], Any] = _as_it_is  # to what marshal writes
    unpack: Callable[[Any], _Answer] = _as_it_is
    in_threads: bool = False


def each(
    work: Work[_Item, _Answer], items: Sequence[_Item], asked: Stop = never, *, slow: bool
) -> Iterator[tuple[_Item, _Answer]]:
    """Every item with its answer, in order; once `asked` nothing more is begun."""
    if slow:
        yield from _in_threads(work.do, items, _MANY, asked)
        return
    spent = 0.0
    alone = cores() < 2
    for done, item in enumerate(items):
        if asked():
            return
        if not alone and spent > _TASTE and spent / done * (len(items) - done) > _WORTH_SHARING:
            shared = _on_two_cores(work, items[done:], asked)
            if shared is not None:
                yield from shared
                return
            alone = True
        start = time.perf_counter()
        answer = work.do(item)
        spent += time.perf_counter() - start
        yield item, answer


def _on_two_cores(
    work: Work[_Item, _Answer], items: Sequence[_Item], asked: Stop
) -> Iterator[tuple[_Item, _Answer]] | None:
    """A process that must not be copied, as one that trains, has threads, where these help."""
    if may_fork():
        from .second_process import Shared

        return Shared(work, items, asked).run()
    return _in_threads(work.do, items, _FEW, asked) if work.in_threads else None


def _in_threads(
    work: Callable[[_Item], _Answer], items: Sequence[_Item], threads: int, asked: Stop
) -> Iterator[tuple[_Item, _Answer]]:
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
