"""Copy files at the least cost: shared blocks, else a hard link where that is safe, else bytes.

A hard link is the same file under another name: it is safe only for what nobody writes to again.
Modes and times are kept; symbolic links stay links, and lead where they led.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import stat
from collections.abc import Iterable
from enum import StrEnum

_FICLONE = 0x40049409  # of linux/fs.h: share the blocks of another file
_UNSUPPORTED = frozenset(
    {errno.EOPNOTSUPP, errno.ENOTTY, errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EPERM}
)
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class How(StrEnum):
    """What a copy is made of, from cheapest to dearest."""

    SHARED = "shared blocks"
    LINKED = "hard links"
    COPIED = "copies"


_DEARNESS = list(How)


def dearest(ways: Iterable[How]) -> How:
    """What a copy made in several ways is to be called."""
    return max(ways, key=_DEARNESS.index, default=How.SHARED)


def clone(source: str, target: str, *, link: bool, top: str = "") -> How:
    """Copy a file, a link or a directory with all in it to a path that is free.

    `link` allows hard links. Raises OSError; what was made by then is left for the caller.
    """
    top = top or source
    found = os.lstat(source)
    if stat.S_ISLNK(found.st_mode):
        os.symlink(_led(source, top), target)
        return How.SHARED
    if stat.S_ISDIR(found.st_mode):
        os.mkdir(target, 0o700)
        with os.scandir(source) as listing:
            names = sorted(entry.name for entry in listing)
        ways = [clone(f"{source}/{n}", f"{target}/{n}", link=link, top=top) for n in names]
        _take_after(target, found)
        return dearest(ways)
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "neither file, directory nor link", source)
    return _clone_file(source, target, found, link=link)


def _clone_file(source: str, target: str, found: os.stat_result, *, link: bool) -> How:
    reading = os.open(source, _READ)
    try:
        writing = os.open(target, _WRITE, 0o600)
        try:
            how = How.SHARED if _share(reading, writing) else How.COPIED
            if how is How.COPIED and link and _link(source, target):
                return How.LINKED
            if how is How.COPIED:
                with open(reading, "rb", closefd=False) as one, open(target, "wb") as other:
                    shutil.copyfileobj(one, other, 1 << 22)
            os.fsync(writing)
        finally:
            os.close(writing)
    finally:
        os.close(reading)
    _take_after(target, found)
    return how


def _share(reading: int, writing: int) -> bool:
    try:
        fcntl.ioctl(writing, _FICLONE, reading)
    except OSError as error:
        if error.errno in _UNSUPPORTED:
            return False
        raise
    return True


def _link(source: str, target: str) -> bool:
    """A hard link in place of the empty file just made there."""
    beside = f"{target}.link"
    try:
        os.link(source, beside, follow_symlinks=False)
    except OSError:
        return False  # another filesystem, or too many links, or somebody else's file
    os.rename(beside, target)
    return True


def _take_after(target: str, found: os.stat_result) -> None:
    os.chmod(target, stat.S_IMODE(found.st_mode))
    os.utime(target, ns=(found.st_atime_ns, found.st_mtime_ns))


def _led(link: str, top: str) -> str:
    """A relative link that leaves the copied tree is written out, so that it leads on there."""
    text = os.readlink(link)
    there = os.path.normpath(os.path.join(os.path.dirname(link), text))
    inside = os.path.commonpath([there, os.path.abspath(top)]) == os.path.abspath(top)
    return text if os.path.isabs(text) or inside else there
