"""Rows before the scan has looked at everything: what names alone tell.

Of a slow disk all names, before its sizes; of any disk the newest of a few directories, for a
screen that waits for its first rows. Nothing has been looked at or read, so whether a checkpoint
is whole is not known yet; the scan says all of it again when it knows.
"""

from __future__ import annotations

import errno
import os
import time
from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from heapq import nlargest
from math import inf
from typing import NoReturn, TypeVar

from ..patterns import pattern
from .discovery import Discovery, discover
from .listing import Names, Stat, directories_in
from .lookout import Lookout
from .model import Checkpoint, Kind, State
from .names import natural_key
from .survey import below
from .tree import Ends

T = TypeVar("T")
U = TypeVar("U")

_DIRECTORIES = 64  # that a first look lists, at most
_OF_EACH = 24  # directories in one of these; of checkpoints, enough to know them by
_PATIENCE = 0.03  # seconds of a first look
_NAMES = 1000  # of one folder that are thought about; the highest numbers
_ROWS = 100  # of one folder; more than any screen
_DIGITS = pattern(r"[0-9]+")


def first_look(root: str) -> Iterator[tuple[Checkpoint, ...]]:
    """The newest checkpoints of some folders, at once; raises OSError for an unreadable root."""
    lookout, until = Lookout(), time.monotonic() + _PATIENCE
    names = {"": _fewer(lookout.names_in(root))}
    waiting = deque(_newest(names, ""))
    while waiting and len(names) < _DIRECTORIES and time.monotonic() < until:
        path = waiting.popleft()
        with suppress(OSError):
            names[path] = _fewer(lookout.names_in(f"{root}/{path}"))
            waiting.extend(_newest(names, path))
    for found in preview(root, names):
        yield tuple(nlargest(_ROWS, found, key=lambda one: one.number or 0))


def _fewer(names: Names) -> Names:
    """The names with the highest numbers, and those without one, where there are very many."""
    if len(names.kinds) <= _NAMES:
        return names
    kept = sorted(nlargest(_NAMES, names.kinds, key=_highest_number))
    return Names({name: names.kinds[name] for name in kept})


def _highest_number(name: str) -> float:
    return max(map(float, _DIGITS.findall(name)), default=inf)


def _newest(names: Mapping[str, Names], path: str) -> list[str]:
    found = below(path, names[path].tell(directories_in))
    return nlargest(_OF_EACH, found, key=natural_key)


def preview(root: str, names: Mapping[str, Names]) -> Iterator[tuple[Checkpoint, ...]]:
    """The checkpoints of each folder, by the names of all directories."""
    for found in discover(_NamedTree(root, names), Discovery()):
        yield tuple(replace(one, state=State.COMPLETE, evidence="") for one in found)


class _NamedTree:
    """A tree of which nothing but names is known."""

    def __init__(self, root: str, names: Mapping[str, Names]) -> None:
        self.root = root
        self.whole: Container[str] = ()
        self.whole_looks: dict[object, Sequence[tuple[str, int]]] = {}
        self._names = names

    def names(self, path: str) -> Names:
        if path not in self._names:
            _refuse(path)
        return self._names[path]

    def listing(self, path: str) -> NoReturn:
        _refuse(path)

    def stat(self, path: str) -> Stat:
        folder, _, name = path.rpartition("/")
        kind = self.names(folder).kinds.get(name)
        return Stat(kind or Kind.OTHER, 1, 0, 0, 0, 0, 1)

    def read(self, path: str, limit: int, offset: int = 0) -> bytes:
        _refuse(path)

    def ends(self, path: str, size: int) -> Ends:
        _refuse(path)

    def link(self, path: str) -> str:
        return ""

    def newest(self, path: str) -> Container[str]:
        return ()

    def fact(self, path: str, question: str, find: Callable[[], T]) -> T:
        return find()

    def anew(self) -> _NamedTree:
        return self

    def each(self, work: Callable[[T], U], items: Iterable[T]) -> list[U]:
        return [work(item) for item in items]


def _refuse(path: str) -> NoReturn:
    raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN), path)
