"""How recognisers see a directory: entries, sizes and bounded reads, never `os` calls.

A `Tree` is any walker (the local disk is one); a `Folder` is one directory of it, listed once.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from typing import Protocol, TypeVar

from ..late_dataclass import dataclass
from ..patterns import pattern
from .listing import (
    Listing,
    Names,
    Remembered,
    Stat,
    directories_in,
    files_in,
    links_in,
    others_in,
    rows,
)
from .model import Kind

T = TypeVar("T")
U = TypeVar("U")

_NUMBERS = pattern(r"[0-9]+")


@dataclass(frozen=True, slots=True)
class Ends:
    """The ends of a file, and how far it was written."""

    first: bytes  # 4
    last: bytes  # 22: the end record of a zip without a comment
    written: int  # bytes before the first hole, or its length where the disk tells of none


@dataclass(frozen=True, slots=True)
class Extents:
    """What some files of a directory look like from outside, to compare."""

    names: Names  # of the directory
    sizes: tuple[int, ...]
    blocks: tuple[int, ...]


class Tree(Protocol):
    """A directory tree that can be listed and read, with paths relative to its root."""

    root: str
    whole: Container[str]  # paths whose content was found whole before and has not changed
    # What siblings of one that was read look like, and of which of their files, with their
    # lengths, the ends are looked at all the same.
    whole_looks: dict[object, Sequence[tuple[str, int]]]

    def names(self, path: str) -> Names:
        """The names in a directory and what they are; raises OSError."""

    def listing(self, path: str) -> Listing | Remembered:
        """A directory with what is known of each entry, or of all; raises OSError."""

    def stat(self, path: str) -> Stat:
        """Describe one entry, never following a link; raises OSError."""

    def read(self, path: str, limit: int, offset: int = 0) -> bytes:
        """At most `limit` bytes of a regular file; raises OSError for anything else."""

    def ends(self, path: str, size: int) -> Ends:
        """The first and last bytes of a regular file of this length; raises OSError."""

    def link(self, path: str) -> str:
        """The text of a symbolic link; raises OSError."""

    def newest(self, path: str) -> Container[str]:
        """The names in a directory that were written last, of those alike but for their numbers."""

    def fact(self, path: str, question: str, find: Callable[[], T]) -> T:
        """What `find` reads in the files of a directory: text, a number, a list or map of these.

        Where it is known from an earlier scan and the directory has not changed, nothing is read.
        """

    def anew(self) -> Tree:
        """The same tree, of which nothing has been looked at yet."""

    def each(self, work: Callable[[T], U], items: Iterable[T]) -> list[U]:
        """The results for all items, in order; a slow disk is asked for many at a time."""


def join(folder: str, name: str) -> str:
    """A path relative to the root, of a name in a folder ("" is the root itself)."""
    return f"{folder}/{name}" if folder else name


def without_numbers(name: str) -> str:
    """What the names of one family have in common."""
    return _NUMBERS.sub("*", name)


class Folder:
    """One listed directory; its children are listed when asked for, and once."""

    __slots__ = ("_children", "_names", "kinds", "partial", "path", "tree")

    def __init__(self, tree: Tree, path: str, kinds: dict[str, Kind] | None = None) -> None:
        self.tree = tree
        self.path = path
        self._names = tree.names(path) if kinds is None else Names(kinds)
        self.kinds = self._names.kinds
        self.partial = False  # True once names in it have been claimed
        self._children: dict[str, Folder | None] = {}

    @property
    def name(self) -> str:
        """The folder's own name; that of the root is the last part of the root's path."""
        return (self.path or self.tree.root.rstrip("/")).rpartition("/")[2]

    def tell(self, question: Callable[[dict[str, Kind]], T]) -> T:
        """What the names alone answer; worked out once for all folders that hold the same."""
        return self._names.tell(question)

    def has_suffix(self, *suffixes: str) -> bool:
        """Whether any name ends in one of these, such as ".pth": a quick way to know nothing."""
        return not self.tell(_suffixes).isdisjoint(suffixes)

    def is_newest(self) -> bool:
        """Whether it was written last of all beside it that are named alike."""
        above, _, name = self.path.rpartition("/")
        return bool(name) and name in self.tree.newest(above)

    def fact(self, question: str, find: Callable[[], T]) -> T:
        """What `find` reads in the files of the folder, perhaps known from an earlier scan."""
        return find() if self.partial else self.tree.fact(self.path, question, find)

    def extents(self, names: Sequence[str]) -> Extents | None:
        """What the lengths and blocks of these files are; None where not known."""
        try:
            listing = self.tree.listing(self.path)
        except OSError:
            return None
        if self._names is not listing.names or isinstance(listing, Remembered) or listing.errors:
            return None
        at = self.tell(rows)
        chosen = [at[name] for name in names]
        sizes, blocks = listing.sizes, listing.blocks
        return Extents(
            self._names,
            tuple([sizes[row] for row in chosen]),
            tuple([blocks[row] for row in chosen]),
        )

    def kind(self, name: str) -> Kind | None:
        """What an entry is; the name may lead into a sub-folder."""
        first, slash, rest = name.partition("/")
        if not slash:
            return self.kinds.get(name)
        child = self.child(first)
        return None if child is None else child.kind(rest)

    def names(self, kind: Kind) -> tuple[str, ...]:
        """The names of one kind, in the order of the listing."""
        return self.tell(_OF_KIND[kind])

    def child(self, name: str) -> Folder | None:
        """A sub-directory, or None where it is none or cannot be listed."""
        if name not in self._children:
            self._children[name] = self._list_child(name)
        return self._children[name]

    def _list_child(self, name: str) -> Folder | None:
        if self.kinds.get(name) is not Kind.DIRECTORY:
            return None
        return listed(self.tree, join(self.path, name))

    def stat(self, name: str) -> Stat | None:
        """Describe an entry, or None where it cannot be."""
        try:
            return self.tree.stat(join(self.path, name))
        except OSError:
            return None

    def read(self, name: str, limit: int, offset: int = 0) -> bytes | None:
        """A bounded read, or None where the file cannot be read."""
        try:
            return self.tree.read(join(self.path, name), limit, offset)
        except OSError:
            return None

    def ends(self, name: str, size: int) -> Ends | None:
        """The first and last bytes of a file of this length, or None where it cannot be read."""
        try:
            return self.tree.ends(join(self.path, name), size)
        except OSError:
            return None

    def without(self, claimed: set[str]) -> Folder:
        """The same folder, less the names that somebody recognised already."""
        if not claimed:
            return self
        rest = {name: kind for name, kind in self.kinds.items() if name not in claimed}
        folder = Folder(self.tree, self.path, rest)
        folder.partial = True
        folder._children = dict(self._children)
        for first in {name.partition("/")[0] for name in claimed if "/" in name}:
            child = folder.child(first)
            if child is not None:
                inner = {name.partition("/")[2] for name in claimed if name.startswith(f"{first}/")}
                folder._children[first] = child.without(inner)
        return folder


_OF_KIND = {
    Kind.FILE: files_in,
    Kind.DIRECTORY: directories_in,
    Kind.LINK: links_in,
    Kind.OTHER: others_in,
}


def _suffixes(kinds: dict[str, Kind]) -> frozenset[str]:
    return frozenset(name[name.rfind(".") :] for name in kinds if "." in name)


def listed(tree: Tree, path: str) -> Folder | None:
    """A directory, or None where it is none or cannot be listed."""
    try:
        return Folder(tree, path)
    except OSError:
        return None
