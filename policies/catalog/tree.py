"""How recognisers see a directory: entries, sizes and bounded reads, never `os` calls.

A `Tree` is any walker (the local disk is one); a `Folder` is one directory of it, listed once.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Protocol

from .model import Kind


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


class Tree(Protocol):
    """A directory tree that can be listed and read, with paths relative to its root."""

    root: str
    whole: Container[str]  # paths whose content was found whole before and has not changed

    def entries(self, path: str) -> dict[str, Kind]:
        """Names in a directory and what they are; raises OSError."""

    def stat(self, path: str) -> Stat:
        """Describe one entry, never following a link; raises OSError."""

    def read(self, path: str, limit: int, offset: int = 0) -> bytes:
        """At most `limit` bytes of a regular file; raises OSError for anything else."""

    def link(self, path: str) -> str:
        """The text of a symbolic link; raises OSError."""

    def walk(self, path: str) -> Iterator[tuple[str, Stat | OSError]]:
        """Every entry at and below `path`, in name order, with what could not be read."""


def join(folder: str, name: str) -> str:
    """A path relative to the root, of a name in a folder ("" is the root itself)."""
    return f"{folder}/{name}" if folder else name


class Folder:
    """One listed directory; its children are listed when asked for, and once."""

    __slots__ = ("_children", "_suffixes", "kinds", "partial", "path", "tree")

    def __init__(self, tree: Tree, path: str, kinds: dict[str, Kind] | None = None) -> None:
        self.tree = tree
        self.path = path
        self.kinds = tree.entries(path) if kinds is None else kinds
        self.partial = False  # True once names in it have been claimed
        self._children: dict[str, Folder | None] = {}
        self._suffixes: frozenset[str] | None = None

    @property
    def name(self) -> str:
        """The folder's own name; that of the root is the last part of the root's path."""
        return (self.path or self.tree.root.rstrip("/")).rpartition("/")[2]

    def has_suffix(self, *suffixes: str) -> bool:
        """Whether any name ends in one of these, such as ".pth": a quick way to know nothing."""
        if self._suffixes is None:
            self._suffixes = frozenset(
                name[name.rfind(".") :] for name in self.kinds if "." in name
            )
        return not self._suffixes.isdisjoint(suffixes)

    def kind(self, name: str) -> Kind | None:
        """What an entry is; the name may lead into a sub-folder."""
        first, slash, rest = name.partition("/")
        if not slash:
            return self.kinds.get(name)
        child = self.child(first)
        return None if child is None else child.kind(rest)

    def names(self, kind: Kind) -> list[str]:
        """The names of one kind, in the order of the listing."""
        return [name for name, found in self.kinds.items() if found is kind]

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


def listed(tree: Tree, path: str) -> Folder | None:
    """A directory, or None where it is none or cannot be listed."""
    try:
        return Folder(tree, path)
    except OSError:
        return None
