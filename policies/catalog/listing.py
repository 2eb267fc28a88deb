"""What is known of one directory: its names, and columns of what `stat` says of each.

Columns and sums, not an object per file: a run may have a million files. Directories that hold
the same names share one `Names`, so what names alone tell is worked out once for all of them.
"""

from __future__ import annotations

import os
import stat as mode_bits
from array import array
from collections.abc import Callable
from typing import TypeVar

from ..late_dataclass import dataclass
from .model import Kind, Role

T = TypeVar("T")

KIND_OF = {
    mode_bits.S_IFREG: Kind.FILE,
    mode_bits.S_IFDIR: Kind.DIRECTORY,
    mode_bits.S_IFLNK: Kind.LINK,
}


@dataclass(frozen=True, slots=True)
class Stat:
    """What is known of one entry without opening it; a link is described itself."""

    kind: Kind
    size: int  # length in bytes
    disk: int  # bytes on disk, blocks * 512
    mtime_ns: int
    device: int
    inode: int
    links: int


def describe(status: os.stat_result) -> Stat:
    """What `lstat` said, without what nobody needs."""
    return Stat(
        kind=KIND_OF.get(mode_bits.S_IFMT(status.st_mode), Kind.OTHER),
        size=status.st_size,
        disk=status.st_blocks * 512,
        mtime_ns=status.st_mtime_ns,
        device=status.st_dev,
        inode=status.st_ino,
        links=status.st_nlink,
    )


class Names:
    """The names of a directory, in order, and what they are; shared and never changed."""

    __slots__ = ("_told", "kinds")

    def __init__(self, kinds: dict[str, Kind]) -> None:
        self.kinds = kinds
        self._told: dict[object, object] = {}

    def tell(self, question: Callable[[dict[str, Kind]], T]) -> T:
        """What the names answer, worked out once; the answer is shared, too."""
        if question not in self._told:
            self._told[question] = question(self.kinds)
        return self._told[question]  # type: ignore[return-value]


Key = tuple[int, int, int]  # inode, mtime_ns and ctime_ns of a directory before it was listed


Extent = tuple[int, int, int]  # of some files: bytes on disk, apparent bytes, how many
NOTHING: Extent = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Sums:
    """What the files of one directory come to, not counting what is below it.

    By their own names: what the folders above make of them is for those to say who know these.
    """

    disk: int
    apparent: int
    files: int
    newest: int  # mtime in nanoseconds; 0 for no file
    roles: tuple[tuple[Role, int], ...]  # apparent bytes
    resume: Extent = NOTHING  # of those that only resuming needs
    beside: Extent = NOTHING  # of those that mean nothing without the partitions of ZeRO


NOT_YET = Sums(-1, 0, 0, 0, ())  # stands for sums that nobody has asked for


Witness = tuple[str, int, int]  # a file with one name: that, its length in bytes, its mtime_ns


@dataclass(frozen=True, slots=True)
class Told:
    """What an earlier scan worked out about a directory."""

    digest: bytes
    sums: Sums
    facts: dict[str, object]  # what was read in its files


@dataclass(slots=True, eq=False)
class Remembered:
    """A finished directory that has not changed since an earlier scan: its sums, not its files."""

    names: Names
    key: Key
    devices: int  # one for all, which may change with every restart
    newest: int  # mtime of any file in it, in nanoseconds
    witnesses: tuple[Witness, ...]
    tell: Callable[[], Told]  # asked only where more is wanted than that it is the same

    @property
    def digest(self) -> bytes:
        """As that of a listing."""
        return self.tell().digest

    @property
    def sums(self) -> Sums:
        """What its files come to."""
        return self.tell().sums

    @property
    def facts(self) -> dict[str, object]:
        """What was read in its files."""
        return self.tell().facts


@dataclass(slots=True)
class Listing:
    """One directory as it was at one moment; what is not in it needs another look."""

    names: Names
    key: Key
    inodes: array[int]
    devices: array[int] | int  # one number where all are the same, mostly
    links: array[int] | int
    sizes: array[int]
    blocks: array[int]
    mtimes: array[int]
    digest: bytes  # of name, kind, inode, size and mtime of every entry
    errors: dict[str, tuple[int, str]]  # by name: what could not be looked at
    sums: Sums | None = NOT_YET  # see `sums.py`

    def stat(self, name: str) -> Stat:
        """Describe one entry; raises OSError for one that could not be looked at."""
        row = self.names.tell(rows).get(name)
        if row is None:
            raise FileNotFoundError(2, os.strerror(2), name)
        if name in self.errors:
            raise OSError(*self.errors[name], name)
        return Stat(
            kind=self.names.kinds[name],
            size=self.sizes[row],
            disk=self.blocks[row] * 512,
            mtime_ns=self.mtimes[row],
            device=self.devices if isinstance(self.devices, int) else self.devices[row],
            inode=self.inodes[row],
            links=self.links if isinstance(self.links, int) else self.links[row],
        )

    @property
    def newest(self) -> int:
        """The newest mtime of anything in it, in nanoseconds; 0 for none."""
        return max(self.mtimes, default=0)


def rows(kinds: dict[str, Kind]) -> dict[str, int]:
    """Where each name stands in the columns."""
    return {name: row for row, name in enumerate(kinds)}


def files_in(kinds: dict[str, Kind]) -> tuple[str, ...]:
    """The names of regular files."""
    return tuple(name for name, kind in kinds.items() if kind is Kind.FILE)


def directories_in(kinds: dict[str, Kind]) -> tuple[str, ...]:
    """The names of directories."""
    return tuple(name for name, kind in kinds.items() if kind is Kind.DIRECTORY)


def links_in(kinds: dict[str, Kind]) -> tuple[str, ...]:
    """The names of symbolic links."""
    return tuple(name for name, kind in kinds.items() if kind is Kind.LINK)


def others_in(kinds: dict[str, Kind]) -> tuple[str, ...]:
    """The names of sockets, devices and their like."""
    return tuple(name for name, kind in kinds.items() if kind is Kind.OTHER)
