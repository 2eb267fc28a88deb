"""Look at a checkpoint again, every entry of it, and say whether it is what the plan was about.

One listing of each directory and one look at each entry, by descriptors and without following
links. Takes the same fingerprint as `catalog/measure.py`, but keeps neither sums nor columns.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..catalog.fingerprint import Fingerprint
from ..catalog.listing import Names, Stat, describe, directories_in
from ..catalog.lookout import OPEN_DIRECTORY, Lookout
from ..catalog.model import Kind, Member
from .descent import split
from .outcome import CHANGED, Unmoved
from .state import StateDirectory


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of one unit."""

    top: tuple[Stat, ...]  # its members themselves
    identity: str  # as in `Measure`
    listings: dict[str, Names]  # of its directories, by path relative to the root


@dataclass(slots=True)
class _Walk:
    """One unit being walked."""

    lookout: Lookout
    fingerprint: Fingerprint = field(default_factory=Fingerprint)
    listings: dict[str, Names] = field(default_factory=dict)

    def member(self, fd: int, name: str, path: str, found: Stat) -> None:
        """Note one member, and all below it."""
        self.fingerprint.member(path, found)
        if found.kind is Kind.LINK:
            self.fingerprint.target(os.readlink(name, dir_fd=fd))
        elif found.kind is Kind.DIRECTORY:
            self._directory(fd, name, path, (found.device, found.inode))

    def _directory(self, fd: int, name: str, path: str, seen: tuple[int, int]) -> None:
        inner = os.open(name, OPEN_DIRECTORY, dir_fd=fd)
        try:
            opened = os.fstat(inner)
            if (opened.st_dev, opened.st_ino) != seen:
                raise Unmoved(CHANGED)
            listing = self.lookout.look_at(inner)
            for failed, error in listing.errors.items():
                raise _of_inside(f"{path}/{failed}", OSError(*error))
            self.listings[path] = listing.names
            self.fingerprint.directory(listing.digest, listing.devices)
            for below in listing.names.tell(directories_in):
                inside, found = f"{path}/{below}", listing.stat(below)
                self.fingerprint.below(inside)
                try:
                    self._directory(inner, below, inside, (found.device, found.inode))
                except OSError as error:
                    raise _of_inside(inside, error) from error
        finally:
            os.close(inner)


def look_again(state: StateDirectory, members: Sequence[Member], lookout: Lookout) -> Look:
    """Look at every entry of a unit; OSError says why that cannot be done.

    Directories that one `lookout` has seen share their names.
    """
    walk = _Walk(lookout)
    top = []
    for member in members:
        directory, name = split(state.place(member.path))
        with state.tree.directory(directory) as fd:
            found = describe(os.stat(name, dir_fd=fd, follow_symlinks=False))
            top.append(found)
            walk.member(fd, name, member.path, found)
    return Look(tuple(top), walk.fingerprint.hexdigest(), walk.listings)


def _of_inside(path: str, error: OSError) -> OSError:
    """What is wrong inside a unit concerns all of it."""
    if isinstance(error, Unmoved):
        return error
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return Unmoved(CHANGED)
    return Unmoved(f"cannot be read: {path}: {error.strerror or error}")
