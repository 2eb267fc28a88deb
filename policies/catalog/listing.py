"""One directory, listed and looked at in one go: names, and columns of what `stat` says of each.

Columns and sums, not an object per file: a run may have a million files. Directories that hold
the same names share one `Names`, so what names alone tell is worked out once for all of them.
"""

from __future__ import annotations

import hashlib
import os
import stat as mode_bits
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter, itemgetter
from typing import TypeVar

from .model import Kind, Role

T = TypeVar("T")

OPEN_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
Row = tuple[int, ...]
COLUMNS: Callable[[os.stat_result], Row] = attrgetter(
    "st_mode", "st_ino", "st_dev", "st_nlink", "st_size", "st_blocks", "st_mtime_ns"
)
_MODE = itemgetter(0)
_KINDS = {
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


def key_of(status: os.stat_result) -> Key:
    """What changes when a name in the directory does."""
    return status.st_ino, status.st_mtime_ns, status.st_ctime_ns


def describe(status: os.stat_result) -> Stat:
    """What `lstat` said, without what nobody needs."""
    return Stat(
        kind=_KINDS.get(mode_bits.S_IFMT(status.st_mode), Kind.OTHER),
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


@dataclass(frozen=True, slots=True)
class Sums:
    """What the files of one directory come to, not counting what is below it."""

    disk: int
    apparent: int
    files: int
    newest: int  # mtime in nanoseconds; 0 for no file
    roles: tuple[tuple[Role, int], ...]  # apparent bytes


@dataclass(slots=True)
class Remembered:
    """A finished directory that has not changed since an earlier scan: its sums, not its files."""

    names: Names
    key: Key
    device: int = field(compare=False)  # its number may change with every restart
    digest: bytes
    sums: Sums
    facts: dict[str, object]  # what was read in its files

    @property
    def newest(self) -> int:
        """The newest mtime of any file in it, in nanoseconds."""
        return self.sums.newest


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


def _digest_of_names(kinds: dict[str, Kind]) -> bytes:
    text = "\0".join(f"{name}\0{kind}" for name, kind in kinds.items())
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).digest()


@dataclass(slots=True)
class Looks:
    """What was seen of some entries of a directory, before it becomes columns."""

    rows: list[Row]
    errors: dict[str, tuple[int, str]]
    targets: dict[str, bytes]  # what links say

    @staticmethod
    def at(descriptor: int, names: Sequence[str]) -> Looks:
        """Describe entries of an open directory, one that fails by its error."""
        looks = Looks([], {}, {})
        try:
            looks.rows = [
                COLUMNS(os.stat(name, dir_fd=descriptor, follow_symlinks=False)) for name in names
            ]
        except OSError:
            looks._look_at_each(descriptor, names)
        if any(map(mode_bits.S_ISLNK, set(map(_MODE, looks.rows)))):
            for name, row in zip(names, looks.rows, strict=True):
                looks._read_link(descriptor, name, row[0])
        return looks

    def _look_at_each(self, descriptor: int, names: Sequence[str]) -> None:
        with os.scandir(descriptor) as listing:
            modes = {entry.name: mode_of(entry) for entry in listing}
        for name in names:
            try:
                self.rows.append(COLUMNS(os.stat(name, dir_fd=descriptor, follow_symlinks=False)))
            except OSError as error:
                self.errors[name] = (error.errno or 0, error.strerror or str(error))
                self.rows.append((modes.get(name, 0), 0, 0, 1, 0, 0, 0))

    def _read_link(self, descriptor: int, name: str, mode: int) -> None:
        if not mode_bits.S_ISLNK(mode) or name in self.errors:
            return
        try:
            self.targets[name] = os.fsencode(os.readlink(name, dir_fd=descriptor))
        except OSError as error:
            self.errors[name] = (error.errno or 0, error.strerror or str(error))

    def add(self, other: Looks) -> None:
        """The entries that come next in the same directory."""
        self.rows += other.rows
        self.errors |= other.errors
        self.targets |= other.targets


class Lookout:
    """Looks at directories of the local disk; those with the same names share them."""

    def __init__(self) -> None:
        self._shared: dict[tuple[tuple[str, ...], object], Names] = {}

    def look(self, directory: str) -> Listing:
        """List a directory and describe its entries; raises OSError where it cannot be listed."""
        descriptor = os.open(directory, OPEN_DIRECTORY)
        try:
            key = key_of(os.fstat(descriptor))
            names = os.listdir(descriptor)
            names.sort()
            return self.listing(names, key, Looks.at(descriptor, names))
        finally:
            os.close(descriptor)

    def listing(self, names: Sequence[str], key: Key, looks: Looks) -> Listing:
        """The columns of what was seen; the names stand in order."""
        columns = zip(*looks.rows, strict=True) if looks.rows else [()] * 7
        modes, inodes, devices, links, sizes, blocks, mtimes = columns
        listing = Listing(
            names=self.names(names, modes),
            key=key,
            inodes=array("Q", inodes),
            devices=_column(devices),
            links=_column(links),
            sizes=array("q", sizes),
            blocks=array("q", blocks),
            mtimes=array("q", mtimes),
            digest=b"",
            errors=looks.errors,
        )
        listing.digest = _digest(listing, looks.targets)
        return listing

    def names(self, names: Sequence[str], modes: tuple[int, ...]) -> Names:
        """Names and what their modes say they are, shared with whoever has the same."""
        types = tuple(map(mode_bits.S_IFMT, modes)) if len(set(modes)) > 1 else modes[:1]
        key = (tuple(names), types)
        if key not in self._shared:
            kinds = {
                name: _KINDS.get(mode_bits.S_IFMT(mode), Kind.OTHER)
                for name, mode in zip(names, modes, strict=True)
            }
            self._shared[key] = Names(kinds)
        return self._shared[key]


def _column(values: tuple[int, ...]) -> array[int] | int:
    """One number for all, where it is the same for all."""
    first = values[0] if values else 0
    return first if values.count(first) == len(values) else array("Q", values)


def _digest(listing: Listing, targets: dict[str, bytes]) -> bytes:
    names = listing.names
    digest = hashlib.blake2b(names.tell(_digest_of_names), digest_size=16)
    digest.update(listing.inodes)
    sizes, mtimes = listing.sizes, listing.mtimes
    below = names.tell(directories_in)
    if below:  # a directory's own size and time change with what is in it, which is told anyway
        sizes, mtimes = sizes[:], mtimes[:]
        at = names.tell(rows)
        for name in below:
            sizes[at[name]] = mtimes[at[name]] = 0
    digest.update(sizes)
    digest.update(mtimes)
    for name in names.tell(links_in):
        digest.update(targets.get(name, b"") + b"\0")
    return digest.digest()


def mode_of(entry: os.DirEntry[str]) -> int:
    """What a listing says an entry is, without a look at it."""
    if entry.is_symlink():
        return mode_bits.S_IFLNK
    if entry.is_dir(follow_symlinks=False):
        return mode_bits.S_IFDIR
    return mode_bits.S_IFREG if entry.is_file(follow_symlinks=False) else 0
