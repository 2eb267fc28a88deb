"""Reach paths below one directory by descriptors, component by component.

No symbolic link is ever followed on the way, so a link put in place of a directory after the
plan was made leads nowhere; and no path can leave the directory it starts from.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from .rename import move

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_LEADS_AWAY = frozenset(("", ".", ".."))


def parts_of(path: str) -> list[str]:
    """The components of a relative path; OSError for one that could leave its directory."""
    parts = path.split("/") if path else []
    if not _LEADS_AWAY.isdisjoint(parts) or "\0" in path:
        raise OSError(errno.EINVAL, "not a path below the directory", path)
    return parts


def split(path: str) -> tuple[str, str]:
    """Directory and last name of a relative path; the directory may be empty."""
    directory, _, name = path.rpartition("/")
    if not name:
        raise OSError(errno.EINVAL, "not a path below the directory", path)
    return directory, name


class Tree:
    """An open directory, and everything below it by relative path."""

    __slots__ = ("_open", "fd", "path")

    def __init__(self, path: str) -> None:
        """Open `path` itself; only here may links be followed, since the user named it."""
        self.path = path
        self.fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._open: tuple[str, int] | None = None

    def close(self) -> None:
        """Give the descriptors back."""
        self.let_go()
        os.close(self.fd)

    def keep_open(self, path: str) -> None:
        """Make the directory `path` where it is missing, and hold it open until another is.

        What goes on in one directory for a while then need not be found again each time.
        """
        if self._open is not None and self._open[0] == path:
            return
        self.make(path)
        self.hold(path)

    def hold(self, path: str) -> None:
        """Hold the directory `path` open, which is there, until another one is or it is let go."""
        with self.directory(path) as fd:
            held = os.dup(fd)
        self.let_go()
        self._open = path, held

    def let_go(self) -> None:
        """Close what was held open."""
        if self._open is not None:
            os.close(self._open[1])
            self._open = None

    @contextmanager
    def directory(self, path: str) -> Iterator[int]:
        """A descriptor of the directory at `path`, for the length of the block and not to close."""
        if not path:
            yield self.fd
            return
        if self._open is not None and self._open[0] == path:
            yield self._open[1]
            return
        fd = os.dup(self.fd)
        try:
            for part in parts_of(path):
                deeper = os.open(part, _DIRECTORY, dir_fd=fd)
                os.close(fd)
                fd = deeper
            yield fd
        finally:
            os.close(fd)

    def lstat(self, path: str) -> os.stat_result:
        """What stands at `path` itself, links not followed."""
        directory, name = split(path)
        parts_of(path)
        with self.directory(directory) as fd:
            return os.stat(name, dir_fd=fd, follow_symlinks=False)

    def exists(self, path: str) -> bool:
        """Whether anything stands at `path`; errors other than absence are raised."""
        try:
            self.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def lists(self, path: str) -> bool:
        """Whether the directory of `path` lists its name; absence of either is no error."""
        directory, name = split(path)
        try:
            with self.directory(directory) as fd:
                return name in os.listdir(fd)
        except (FileNotFoundError, NotADirectoryError):
            return False

    def make(self, path: str) -> list[str]:
        """Create the missing directories of `path` and return them; like their parents in mode."""
        made: list[str] = []
        fd = os.dup(self.fd)
        try:
            for depth, part in enumerate(parts := parts_of(path)):
                try:
                    deeper = os.open(part, _DIRECTORY, dir_fd=fd)
                except FileNotFoundError:
                    if _make_one(fd, part):
                        made.append("/".join(parts[: depth + 1]))
                    deeper = os.open(part, _DIRECTORY, dir_fd=fd)
                os.close(fd)
                fd = deeper
        finally:
            os.close(fd)
        return made

    def move(self, source: str, target: str) -> None:
        """Rename inside the tree; never replaces anything."""
        parts_of(source)
        parts_of(target)
        source_directory, source_name = split(source)
        target_directory, target_name = split(target)
        with self.directory(source_directory) as from_fd, self.directory(target_directory) as to_fd:
            move(source_name, target_name, source_fd=from_fd, target_fd=to_fd)

    def remove_if_empty(self, path: str) -> bool:
        """Remove an empty directory; whether it is gone now."""
        directory, name = split(path)
        try:
            with self.directory(directory) as fd:
                os.rmdir(name, dir_fd=fd)
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return True

    def sync(self, path: str) -> None:
        """Make the entries of a directory durable, where the filesystem can."""
        try:
            with self.directory(path) as fd:
                os.fsync(fd)
        except OSError:
            pass  # some network filesystems cannot; the journal decides after a crash


def _make_one(parent_fd: int, name: str) -> bool:
    """Create one directory; False when somebody else was faster."""
    try:
        os.mkdir(name, 0o777, dir_fd=parent_fd)
    except FileExistsError:
        return False
    fd = os.open(name, _DIRECTORY, dir_fd=parent_fd)
    try:
        share_mode(parent_fd, fd)
    finally:
        os.close(fd)
    return True


def share_mode(parent_fd: int, fd: int) -> None:
    """Let a colleague who may write in the run also undo: the group's rights of the parent.

    Never a right for everybody: who can write a journal can ask for moves inside the run.
    """
    mode = stat.S_IMODE(os.fstat(parent_fd).st_mode) & 0o2775
    if not stat.S_ISDIR(os.fstat(fd).st_mode):
        mode &= 0o0664
    try:
        os.fchmod(fd, mode | 0o600)
    except OSError:
        pass  # not ours, or a filesystem without modes
