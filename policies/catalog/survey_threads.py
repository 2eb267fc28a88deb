"""Survey with many requests in flight, for a disk that lets every call wait.

Names first: all directories are listed, then their entries are described, some at a time.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import chain
from stat import S_ISDIR
from typing import TypeVar

from ..late_dataclass import dataclass
from .listing import Key
from .lookout import OPEN_DIRECTORY, Looks, key_of, mode_of
from .survey import Surveyor, below

T = TypeVar("T")
U = TypeVar("U")

_POOL = "keepstep-scan"
_ROUND = 4096  # entries before the second look at the pace
_GROWTH = 4  # times as many until the next, as long as it stays slow: each round ends in idleness
_MOST_IN_A_ROUND = 65_536
_MANY = 8  # items within other work that get threads of their own
_CHUNK = 32  # entries that one thread describes in a row
_TURNS = 16  # of each thread at least, before it takes several items in a row
_MOST_IN_A_ROW = 16
_PROBE = 8  # entries described alone, before each round: among threads one waits for Python, too


_Part = tuple[str, list[str]]  # a directory, and some of its names


@dataclass(frozen=True, slots=True)
class Listed:
    """A directory of which the names are known."""

    names: list[str]
    modes: tuple[int, ...]  # as far as a listing tells
    key: Key


def look_with_threads(surveyor: Surveyor, pending: list[str]) -> list[str]:
    """Look at what is pending, and all below, while that is slow; returns what is left to do."""
    return describe_with_threads(surveyor, list_with_threads(surveyor, pending))


def list_with_threads(surveyor: Surveyor, pending: list[str]) -> dict[str, Listed]:
    """The names of what is pending, and of all below."""
    with _pool(surveyor) as pool:
        return dict(_list_all(surveyor, pending, pool))


def describe_with_threads(surveyor: Surveyor, listed: dict[str, Listed]) -> list[str]:
    """Describe all entries of these directories, while that is slow; returns what is left to do."""
    with _pool(surveyor) as pool:
        for paths in _rounds(listed):
            surveyor.probe(paths[0], listed[paths[0]].names[:_PROBE])
            if not surveyor.pace.is_slow:
                break
            _describe(surveyor, {path: listed.pop(path) for path in paths}, pool)
    return list(listed)


@contextmanager
def _pool(surveyor: Surveyor) -> Iterator[ThreadPoolExecutor]:
    pool = ThreadPoolExecutor(surveyor.requests, _POOL)
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _list_all(
    surveyor: Surveyor, pending: list[str], pool: ThreadPoolExecutor
) -> Iterator[tuple[str, Listed]]:
    """Names of all directories at and below those that are pending, but for remembered ones."""

    def list_one(path: str) -> Listed | OSError:
        try:
            return _list(surveyor.absolute(path))
        except OSError as error:
            return error

    while pending:
        following: list[str] = []
        for path, listed in zip(pending, in_flight(surveyor, pool, list_one, pending), strict=True):
            if isinstance(listed, OSError):
                surveyor.seen[path] = listed
                continue
            yield path, listed
            entries = zip(listed.names, listed.modes, strict=True)
            following += below(path, (name for name, mode in entries if S_ISDIR(mode)))
        pending = []
        for unknown in in_flight(surveyor, pool, surveyor.recall, following):
            pending += unknown


def _list(directory: str) -> Listed:
    descriptor = os.open(directory, OPEN_DIRECTORY)
    try:
        key = key_of(os.fstat(descriptor))
        with os.scandir(descriptor) as listing:
            entries = sorted((entry.name, mode_of(entry)) for entry in listing)
    finally:
        os.close(descriptor)
    return Listed([name for name, _ in entries], tuple(mode for _, mode in entries), key)


def _rounds(listed: dict[str, Listed]) -> Iterator[list[str]]:
    """Directories in groups with some thousand entries together, and then with more."""
    group: list[str] = []
    entries, most = 0, _ROUND
    for path in list(listed):
        group.append(path)
        entries += len(listed[path].names) + 1
        if entries >= most:
            yield group
            group, entries, most = [], 0, min(most * _GROWTH, _MOST_IN_A_ROUND)
    if group:
        yield group


def _describe(surveyor: Surveyor, listed: dict[str, Listed], pool: ThreadPoolExecutor) -> None:
    parts = [
        (path, one.names[at : at + _CHUNK])
        for path, one in listed.items()
        for at in range(0, len(one.names) or 1, _CHUNK)
    ]

    def describe(part: _Part) -> Looks | OSError:
        try:
            return surveyor.describe(*part)
        except OSError as error:
            return error

    found: dict[str, Looks] = {}
    for (path, _), looks in zip(parts, in_flight(surveyor, pool, describe, parts), strict=True):
        if isinstance(looks, OSError):
            surveyor.seen[path] = looks
        elif path in found:
            found[path].add(looks)
        else:
            found[path] = looks
    for path, looks in found.items():
        if path not in surveyor.seen:  # where one part failed, the directory did
            surveyor.seen[path] = surveyor.lookout.listing(
                listed[path].names, listed[path].key, looks
            )


def in_flight(
    surveyor: Surveyor, pool: ThreadPoolExecutor, work: Callable[[T], U], items: Sequence[T]
) -> Iterator[U]:
    """Results in order; not much more is begun than can be in flight, so that it ends soon.

    Of very many, each thread takes some in a row: to hand one over costs more than a quick disk.
    """
    begun: deque[Future[list[U]]] = deque()
    for some in _rows(items, surveyor.requests):
        if len(begun) > 4 * surveyor.requests:
            surveyor.check()
            yield from begun.popleft().result()
        begun.append(pool.submit(_each, work, some))
    while begun:
        surveyor.check()
        yield from begun.popleft().result()


def _rows(items: Sequence[T], requests: int) -> Iterator[Sequence[T]]:
    size = max(1, min(_MOST_IN_A_ROW, len(items) // (_TURNS * requests)))
    return (items[at : at + size] for at in range(0, len(items), size))


def _each(work: Callable[[T], U], items: Sequence[T]) -> list[U]:
    return [work(item) for item in items]


def results(requests: int, work: Callable[[T], U], items: Iterable[T]) -> list[U]:
    """Work on all items, many at a time; a few within such work are done in a row.

    The first one goes ahead: what it reads tells what need not be read of others that look like it.
    """
    waiting = list(items)
    within = threading.current_thread().name.startswith(_POOL)
    if len(waiting) < (_MANY if within else 2):
        return [work(item) for item in waiting]
    first = work(waiting[0])
    with ThreadPoolExecutor(min(requests, len(waiting)), _POOL) as pool:
        found = pool.map(partial(_each, work), _rows(waiting[1:], requests))
        return [first, *chain.from_iterable(found)]
