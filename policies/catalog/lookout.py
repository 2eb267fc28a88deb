"""Look at a directory of the local disk: list it, describe its entries, take its fingerprint."""

from __future__ import annotations

import hashlib
import os
import stat as mode_bits
from array import array
from collections.abc import Callable, Sequence
from operator import attrgetter, itemgetter

from ..late_dataclass import dataclass
from .listing import KIND_OF, Key, Listing, Names, directories_in, links_in, rows
from .model import Kind

OPEN_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
Row = tuple[int, ...]
COLUMNS: Callable[[os.stat_result], Row] = attrgetter(
    "st_mode", "st_ino", "st_dev", "st_nlink", "st_size", "st_blocks", "st_mtime_ns"
)
_MODE = itemgetter(0)


def key_of(status: os.stat_result) -> Key:
    """What changes when a name in the directory does."""
    return status.st_ino, status.st_mtime_ns, status.st_ctime_ns


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
            return self.look_at(descriptor)
        finally:
            os.close(descriptor)

    def look_at(self, descriptor: int) -> Listing:
        """The same for a directory that is open."""
        key = key_of(os.fstat(descriptor))
        names = os.listdir(descriptor)
        names.sort()
        return self.listing(names, key, Looks.at(descriptor, names))

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

    def names_in(self, directory: str) -> Names:
        """List a directory without a look at its entries; raises OSError where it cannot be."""
        with os.scandir(directory) as listing:
            modes = {entry.name: mode_of(entry) for entry in listing}
        names = sorted(modes)
        return self.names(names, tuple([modes[name] for name in names]))

    def names(self, names: Sequence[str], modes: tuple[int, ...]) -> Names:
        """Names and what their modes say they are, shared with whoever has the same."""
        different = set(map(mode_bits.S_IFMT, set(modes)))
        types = tuple(map(mode_bits.S_IFMT, modes)) if len(different) > 1 else tuple(different)
        key = (tuple(names), types)
        if key not in self._shared:
            if len(types) == 1:
                kinds = dict.fromkeys(names, KIND_OF.get(types[0], Kind.OTHER))
            else:
                kinds = {
                    name: KIND_OF.get(mode, Kind.OTHER)
                    for name, mode in zip(names, types, strict=True)
                }
            return self._shared.setdefault(key, Names(kinds))  # threads may meet here
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
    if entry.is_dir(follow_symlinks=False):
        return mode_bits.S_IFDIR
    if entry.is_file(follow_symlinks=False):
        return mode_bits.S_IFREG
    return mode_bits.S_IFLNK if entry.is_symlink() else 0


def _digest_of_names(kinds: dict[str, Kind]) -> bytes:
    text = "\0".join(f"{name}\0{kind}" for name, kind in kinds.items())
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).digest()
