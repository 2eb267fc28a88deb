"""Look at a checkpoint again, every entry of it, and say whether it is what the plan was about.

One listing of each directory and one look at each entry, by descriptors and without following
links. Takes the same fingerprint as `catalog/measure.py`, but keeps no sums.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from ..catalog.model import Kind, Member
from .descent import split
from .outcome import CHANGED, Unmoved
from .state import StateDirectory
from .trash import kind_of

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_by_name = attrgetter("name")


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of one unit."""

    top: tuple[os.stat_result, ...]  # its members themselves
    identity: str  # as in `Measure`
    listings: dict[str, dict[str, Kind]]  # of its directories, by path relative to the root


@dataclass(slots=True)
class _Walk:
    """One unit being walked."""

    lines: list[str] = field(default_factory=list)
    listings: dict[str, dict[str, Kind]] = field(default_factory=dict)

    def entry(self, fd: int, name: str, path: str, found: os.stat_result) -> Kind:
        """Note one entry, and all below it; what kind it is."""
        mode = stat.S_IFMT(found.st_mode)
        if mode == stat.S_IFREG:
            self.lines.append(
                f"{path}\0file\0{found.st_dev}\0{found.st_ino}\0{found.st_size}\0{found.st_mtime_ns}"
            )
            return Kind.FILE
        kind = kind_of(found)
        start = f"{path}\0{kind}\0{found.st_dev}\0{found.st_ino}\0"
        if kind is Kind.DIRECTORY:
            self.lines.append(start)
            self._directory(fd, name, path, found)
            return kind
        line = f"{start}{found.st_size}\0{found.st_mtime_ns}"
        if kind is Kind.LINK:
            line += "\0" + os.readlink(name, dir_fd=fd)
        self.lines.append(line)
        return kind

    def _directory(self, fd: int, name: str, path: str, seen: os.stat_result) -> None:
        inner = os.open(name, _DIRECTORY, dir_fd=fd)
        try:
            opened = os.fstat(inner)
            if (opened.st_dev, opened.st_ino) != (seen.st_dev, seen.st_ino):
                raise Unmoved(CHANGED)
            with os.scandir(inner) as listing:
                entries = sorted(listing, key=_by_name)
            kinds = self.listings[path] = {}
            for entry in entries:
                below = f"{path}/{entry.name}"
                try:
                    found = entry.stat(follow_symlinks=False)
                    kinds[entry.name] = self.entry(inner, entry.name, below, found)
                except OSError as error:
                    raise _of_inside(below, error) from error
        finally:
            os.close(inner)

    def identity(self) -> str:
        """The fingerprint of all that was noted."""
        text = "\n".join(self.lines) + "\n"
        data = text.encode("utf-8", "surrogateescape")
        return hashlib.blake2b(data, digest_size=16).hexdigest()


def look_again(state: StateDirectory, members: Sequence[Member]) -> Look:
    """Look at every entry of a unit; OSError says why that cannot be done."""
    walk = _Walk()
    top = []
    for member in members:
        directory, name = split(state.place(member.path))
        with state.tree.directory(directory) as fd:
            found = os.stat(name, dir_fd=fd, follow_symlinks=False)
            top.append(found)
            walk.entry(fd, name, member.path, found)
    return Look(tuple(top), walk.identity(), walk.listings)


def _of_inside(path: str, error: OSError) -> OSError:
    """What is wrong inside a unit concerns all of it."""
    if isinstance(error, Unmoved):
        return error
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return Unmoved(CHANGED)
    return Unmoved(f"cannot be read: {path}: {error.strerror or error}")
