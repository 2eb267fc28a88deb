"""The local disk as a `Tree`. Reads only: nothing here creates, changes or follows a link.

A directory is looked at once; what was seen then answers every later question of the same scan.
"""

from __future__ import annotations

import errno
import os
import stat as mode_bits
import threading
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from .listing import Listing, Names, Remembered, Stat, describe, directories_in
from .lookout import Lookout
from .survey import Seen, Surveyor, requests_in_flight
from .tree import Ends, join, without_numbers

if TYPE_CHECKING:
    from .index import Index

T = TypeVar("T")
U = TypeVar("U")

_READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class LocalTree:
    """A directory on a mounted file system; `root` is absolute."""

    def __init__(self, root: str, index: Index | None = None) -> None:
        self.root = root
        self.whole: Container[str] = ()
        self.whole_looks: dict[object, Sequence[tuple[str, int]]] = {}
        self.lookout = Lookout()
        self._newest: dict[str, frozenset[str]] = {}
        self._facts: dict[str, dict[str, object]] = {}
        self.seen: Seen = {}  # what was looked at, by path
        self.listed: dict[str, Names] = {}  # of directories that were not looked at, but listed
        self.went_beyond = False  # asked for what no look at a directory tells
        self._slots = threading.BoundedSemaphore(requests_in_flight())
        self._surveyor = Surveyor(root, self.seen, self.lookout)
        if index is not None:
            self._surveyor.remembered = index.remembered

    def absolute(self, path: str) -> str:
        """The path of an entry as system calls take it."""
        return f"{self.root}/{path}" if path else self.root

    def survey(
        self, cancelled: Callable[[], bool], meanwhile: Callable[[], object] = lambda: None
    ) -> Iterator[dict[str, Names]]:
        """Look at all directories; where that takes its time, their names come before.

        `meanwhile` is called if another process helps, as soon as that is at work. Raises
        Cancelled when nobody waits for it.
        """
        self._surveyor.cancelled = cancelled
        self._surveyor.meanwhile = meanwhile
        yield from self._surveyor.run()

    def listing(self, path: str) -> Listing | Remembered:
        known = self.seen.get(path)
        if known is None:
            try:
                known = self.lookout.look(self.absolute(path))
            except OSError as error:
                known = error
            self.seen[path] = known
        if isinstance(known, OSError):
            raise known
        return known

    def newest(self, path: str) -> Container[str]:
        if path not in self._newest:
            self._newest[path] = self._written_last(path)
        return self._newest[path]

    def _written_last(self, path: str) -> frozenset[str]:
        try:
            listing = self.listing(path)
        except OSError:
            return frozenset()
        if isinstance(listing, Remembered):
            return frozenset()
        times = dict(zip(listing.names.kinds, listing.mtimes, strict=True))
        for name in listing.names.tell(directories_in):
            known = self.seen.get(join(path, name))
            if isinstance(known, Listing | Remembered):
                times[name] = known.newest
        newest: dict[str, str] = {}
        for name, at in times.items():
            family = without_numbers(name)
            if at >= times[newest.setdefault(family, name)]:
                newest[family] = name
        return frozenset(newest.values())

    def fact(self, path: str, question: str, find: Callable[[], T]) -> T:
        known = self.seen.get(path)
        if isinstance(known, Remembered) and question in known.facts:
            return known.facts[question]  # type: ignore[return-value]
        answer = find()
        self._facts.setdefault(path, {})[question] = answer
        return answer

    def entries(self) -> int:
        """How many entries stand in the directories that are known."""
        known = (one for one in self.seen.values() if not isinstance(one, OSError))
        return sum(len(one.names.kinds) for one in known)

    def known(self, path: str) -> Listing | Remembered | None:
        """A directory that this scan has met, without another look."""
        known = self.seen.get(path)
        return None if isinstance(known, OSError) else known

    def facts(self, path: str) -> dict[str, object]:
        """All answers of `fact` about a directory."""
        known = self.seen.get(path)
        earlier = known.facts if isinstance(known, Remembered) else {}
        return {**earlier, **self._facts.get(path, {})}

    def anew(self) -> LocalTree:
        return LocalTree(self.root)

    def each(self, work: Callable[[T], U], items: Iterable[T]) -> list[U]:
        return self._surveyor.each(work, items)

    def names(self, path: str) -> Names:
        known = self.seen.get(path)
        if isinstance(known, OSError):
            raise known
        if known:
            return known.names
        self.listed[path] = self.lookout.names_in(self.absolute(path))
        return self.listed[path]

    def stat(self, path: str) -> Stat:
        folder, _, name = path.rpartition("/")
        known = self.seen.get(folder)
        if name and isinstance(known, Listing):
            return known.stat(name)
        self.went_beyond = self.went_beyond or known is None
        return describe(os.lstat(self.absolute(path)))

    def read(self, path: str, limit: int, offset: int = 0) -> bytes:
        if not self._surveyor.many_at_a_time:
            return self._read(path, limit, offset)
        with self._slots:
            return self._read(path, limit, offset)

    def _read(self, path: str, limit: int, offset: int) -> bytes:
        if path.rpartition("/")[0] not in self.seen:
            self.went_beyond = True
        descriptor = os.open(self.absolute(path), _READ_FLAGS)
        try:
            status = os.fstat(descriptor)
            if not mode_bits.S_ISREG(status.st_mode):
                raise OSError(errno.EINVAL, "not a regular file", path)
            # Room for all of a high limit would be taken before anything is read.
            return os.pread(descriptor, min(limit, max(0, status.st_size - offset)), offset)
        finally:
            os.close(descriptor)

    def ends(self, path: str, size: int) -> Ends:
        if not self._surveyor.many_at_a_time:
            return self._ends(path, size)
        with self._slots:
            return self._ends(path, size)

    def _ends(self, path: str, size: int) -> Ends:
        descriptor = os.open(self.absolute(path), _READ_FLAGS)
        try:
            first, last = os.pread(descriptor, 4, 0), os.pread(descriptor, 22, max(0, size - 22))
            try:
                written = os.lseek(descriptor, 0, os.SEEK_HOLE)
            except OSError:  # not every file system knows
                written = size
            return Ends(first, last, written)
        finally:
            os.close(descriptor)

    def link(self, path: str) -> str:
        return os.readlink(self.absolute(path))
