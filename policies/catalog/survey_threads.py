"""Survey with many requests in flight, for a disk that lets every call wait.

Names first: all directories are listed, then their entries are described, some at a time.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from .listing import OPEN_DIRECTORY, Key, Looks, key_of
from .survey import Surveyor, below

T = TypeVar("T")
U = TypeVar("U")

_POOL = "keepstep-scan"
_ROUND = 4096  # entries between two looks at the pace
_MANY = 8  # items within other work that get threads of their own
_CHUNK = 32  # entries that one thread describes in a row
_PROBE = 8  # entries described alone, before each round: among threads one waits for Python, too

_Listed = tuple[list[str], Key]  # all names, and what tells that they have changed
_Part = tuple[str, list[str]]  # a directory, and some of its names


def look_with_threads(surveyor: Surveyor, pending: list[str]) -> list[str]:
    """Look at what is pending, and all below, while that is slow; returns what is left to do."""
    pool = ThreadPoolExecutor(surveyor.requests, _POOL)
    try:
        listed = dict(_list_all(surveyor, pending, pool))
        for paths in _rounds(listed):
            surveyor.probe(paths[0], listed[paths[0]][0][:_PROBE])
            if not surveyor.pace.is_slow:
                break
            _describe(surveyor, {path: listed.pop(path) for path in paths}, pool)
        return list(listed)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _list_all(
    surveyor: Surveyor, pending: list[str], pool: ThreadPoolExecutor
) -> Iterator[tuple[str, _Listed]]:
    """Names of all directories at and below those that are pending, but for remembered ones."""

    def list_one(path: str) -> tuple[_Listed, list[str]] | OSError:
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
            yield path, listed[0]
            following += below(path, listed[1])
        pending = []
        for unknown in in_flight(surveyor, pool, surveyor.recall, following):
            pending += unknown


def _list(directory: str) -> tuple[_Listed, list[str]]:
    descriptor = os.open(directory, OPEN_DIRECTORY)
    try:
        key = key_of(os.fstat(descriptor))
        with os.scandir(descriptor) as listing:
            entries = sorted((entry.name, _is_directory(entry)) for entry in listing)
    finally:
        os.close(descriptor)
    return ([name for name, _ in entries], key), [name for name, is_one in entries if is_one]


def _is_directory(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False)


def _rounds(listed: dict[str, _Listed]) -> Iterator[list[str]]:
    """Directories in groups with some thousand entries together."""
    group: list[str] = []
    entries = 0
    for path in list(listed):
        group.append(path)
        entries += len(listed[path][0]) + 1
        if entries >= _ROUND:
            yield group
            group, entries = [], 0
    if group:
        yield group


def _describe(surveyor: Surveyor, listed: dict[str, _Listed], pool: ThreadPoolExecutor) -> None:
    parts = [
        (path, names[at : at + _CHUNK])
        for path, (names, _) in listed.items()
        for at in range(0, len(names) or 1, _CHUNK)
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
            surveyor.seen[path] = surveyor.lookout.listing(*listed[path], looks)


def in_flight(
    surveyor: Surveyor, pool: ThreadPoolExecutor, work: Callable[[T], U], items: Iterable[T]
) -> Iterator[U]:
    """Results in order; not much more is begun than can be in flight, so that it ends soon."""
    begun: deque[Future[U]] = deque()
    for item in items:
        if len(begun) > 4 * surveyor.requests:
            surveyor.check()
            yield begun.popleft().result()
        begun.append(pool.submit(work, item))
    while begun:
        surveyor.check()
        yield begun.popleft().result()


def results(requests: int, work: Callable[[T], U], items: Iterable[T]) -> list[U]:
    """Work on all items, many at a time; a few within such work are done in a row."""
    waiting = list(items)
    within = threading.current_thread().name.startswith(_POOL)
    if len(waiting) < (_MANY if within else 2):
        return [work(item) for item in waiting]
    with ThreadPoolExecutor(min(requests, len(waiting)), _POOL) as pool:
        return list(pool.map(work, waiting))
