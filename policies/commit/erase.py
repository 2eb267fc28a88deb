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
NFS_LEFTOVER = ".nfs"  # a file that is deleted but still open somewhere, as NFS shows it
STILL_OPEN = "still open in a process"
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
    """Delete an entry of which it is not known whether it is a directory."""
    try:
        is_directory = stat.S_ISDIR(os.stat(name, dir_fd=fd, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return  # somebody else was faster
    _erase_known(fd, name, is_directory, path, device, pending)


def _erase_known(
    fd: int, name: str, is_directory: bool, path: str, device: int, pending: list[str]
) -> None:
    try:
        if is_directory:
            _erase_directory(fd, name, path, device, pending)
        elif name.startswith(NFS_LEFTOVER):
            pending.append(f"{path}: {STILL_OPEN}")
        else:
            os.unlink(name, dir_fd=fd)
    except FileNotFoundError:
        pass  # somebody else was faster
    except OSError as error:
        pending.append(f"{path}: {error.strerror}")


def _erase_directory(fd: int, name: str, path: str, device: int, pending: list[str]) -> None:
    before = len(pending)
    inner = os.open(name, _DIRECTORY, dir_fd=fd)
    try:
        if os.fstat(inner).st_dev != device:
            pending.append(f"{path}: something is mounted there")
            return
        _allow_deletion(inner)
        with os.scandir(inner) as listing:
            entries = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in listing]
        for entry, is_directory in entries:
            _erase_known(inner, entry, is_directory, f"{path}/{entry}", device, pending)
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
        if pause:
            time.sleep(pause)
        try:
            os.rmdir(name, dir_fd=fd)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.EBUSY):
                raise
        else:
            return
    pending.append(f"{path}: not empty yet")
