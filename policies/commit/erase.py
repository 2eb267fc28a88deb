"""Delete a directory of the trash for good, by descriptors only.

Never follows a symbolic link and never enters another filesystem. What a server or a process
still holds on to is left and reported, not raised.
"""

from __future__ import annotations

import errno
import os
import stat
import time

from .descent import Tree, split

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NFS_LEFTOVER = ".nfs"  # a file that is deleted but still open somewhere, as NFS shows it
_PAUSES = (0.0, 0.05, 0.2)  # seconds; NFS shows deleted entries for a moment


def erase(tree: Tree, path: str) -> list[str]:
    """Delete everything at `path`; the paths that are still there, with the reason."""
    pending: list[str] = []
    directory, name = split(path)
    try:
        with tree.directory(directory) as fd:
            device = os.fstat(fd).st_dev
            _erase_entry(fd, name, path, device, pending)
    except FileNotFoundError:
        pass
    return pending


def _erase_entry(fd: int, name: str, path: str, device: int, pending: list[str]) -> None:
    try:
        found = os.stat(name, dir_fd=fd, follow_symlinks=False)
        if not stat.S_ISDIR(found.st_mode):
            _erase_file(fd, name, path, pending)
        elif found.st_dev != device:
            pending.append(f"{path}: something is mounted there")
        else:
            _erase_directory(fd, name, path, device, pending)
    except FileNotFoundError:
        pass  # somebody else was faster
    except OSError as error:
        pending.append(f"{path}: {error.strerror}")


def _erase_file(fd: int, name: str, path: str, pending: list[str]) -> None:
    if name.startswith(_NFS_LEFTOVER):
        pending.append(f"{path}: still open in a process")
    else:
        os.unlink(name, dir_fd=fd)


def _erase_directory(fd: int, name: str, path: str, device: int, pending: list[str]) -> None:
    before = len(pending)
    inner = os.open(name, _DIRECTORY, dir_fd=fd)
    try:
        _allow_deletion(inner)
        for entry in os.listdir(inner):
            _erase_entry(inner, entry, f"{path}/{entry}", device, pending)
    finally:
        os.close(inner)
    if len(pending) == before:  # otherwise it cannot be empty
        _remove_directory(fd, name, path, pending)


def _allow_deletion(fd: int) -> None:
    """A read-only directory in the trash is the user's own; make its entries deletable."""
    mode = stat.S_IMODE(os.fstat(fd).st_mode)
    if mode & 0o300 != 0o300:
        try:
            os.fchmod(fd, mode | 0o700)
        except OSError:
            pass  # not ours; deleting will say so


def _remove_directory(fd: int, name: str, path: str, pending: list[str]) -> None:
    for pause in _PAUSES:
        time.sleep(pause)
        try:
            os.rmdir(name, dir_fd=fd)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.EBUSY):
                raise
        else:
            return
    pending.append(f"{path}: not empty yet")
