"""The rows of a slow disk before its sizes: what the names alone tell.

Nothing has been looked at or read, so whether a checkpoint is whole is not known yet; the scan
says all of it again when it knows.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NoReturn, TypeVar

from .discovery import Discovery, discover
from .listing import Names, Stat
from .model import Checkpoint, Kind, State
from .tree import Ends

T = TypeVar("T")
U = TypeVar("U")


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
