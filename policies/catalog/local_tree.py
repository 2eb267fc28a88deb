"""The local disk as a `Tree`. Reads only: nothing here creates, changes or follows a link."""

from __future__ import annotations

import errno
import os
import stat as mode_bits
from collections.abc import Container, Iterator

from .model import Kind
from .tree import Stat

_READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class LocalTree:
    """A directory on a mounted file system; `root` is absolute."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.whole: Container[str] = ()

    def _absolute(self, path: str) -> str:
        return f"{self.root}/{path}" if path else self.root

    def entries(self, path: str) -> dict[str, Kind]:
        with os.scandir(self._absolute(path)) as listing:
            found = [(entry.name, _kind_of(entry)) for entry in listing]
        found.sort()
        return dict(found)

    def stat(self, path: str) -> Stat:
        return _describe(os.lstat(self._absolute(path)))

    def read(self, path: str, limit: int, offset: int = 0) -> bytes:
        descriptor = os.open(self._absolute(path), _READ_FLAGS)
        try:
            if not mode_bits.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(errno.EINVAL, "not a regular file", path)
            return os.pread(descriptor, limit, offset)
        finally:
            os.close(descriptor)

    def link(self, path: str) -> str:
        return os.readlink(self._absolute(path))

    def walk(self, path: str) -> Iterator[tuple[str, Stat | OSError]]:
        try:
            top = self.stat(path)
        except OSError as error:
            yield path, error
            return
        yield path, top
        if top.kind is Kind.DIRECTORY:
            yield from self._walk_directory(path)

    def _walk_directory(self, path: str) -> Iterator[tuple[str, Stat | OSError]]:
        try:
            with os.scandir(self._absolute(path)) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            yield path, error
            return
        for entry in entries:
            inner = f"{path}/{entry.name}"
            try:
                found = _describe(entry.stat(follow_symlinks=False))
            except OSError as error:
                yield inner, error
                continue
            yield inner, found
            if found.kind is Kind.DIRECTORY:
                yield from self._walk_directory(inner)


def _kind_of(entry: os.DirEntry[str]) -> Kind:
    if entry.is_symlink():
        return Kind.LINK
    if entry.is_dir(follow_symlinks=False):
        return Kind.DIRECTORY
    if entry.is_file(follow_symlinks=False):
        return Kind.FILE
    return Kind.OTHER


def _describe(status: os.stat_result) -> Stat:
    mode = status.st_mode
    if mode_bits.S_ISREG(mode):
        kind = Kind.FILE
    elif mode_bits.S_ISDIR(mode):
        kind = Kind.DIRECTORY
    elif mode_bits.S_ISLNK(mode):
        kind = Kind.LINK
    else:
        kind = Kind.OTHER
    return Stat(
        kind=kind,
        size=status.st_size,
        disk=status.st_blocks * 512,
        mtime_ns=status.st_mtime_ns,
        device=status.st_dev,
        inode=status.st_ino,
        links=status.st_nlink,
    )
