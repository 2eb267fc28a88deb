"""One committer at a time in a directory, and words about who it is.

The kernel's lock decides and dies with its process; the text in the file only tells the others
whom to ask. Never waits.

Where a mount refuses flock, nothing is moved. Locks of ranges (fcntl) would be no way out: NFS
carries flock as such a lock, and Lustre without `-o flock` refuses both. They would also be let go
by whoever in this process closes the file, and not be shared with a second process that empties
the trash. And a host that locks in the one way would not see one that locks in the other.
"""

from __future__ import annotations

import errno
import fcntl
import getpass
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..places import LOCK_FILE
from ..refusal import BusyRefusal, Refusal
from ..units import format_duration
from .descent import Tree, share_mode

_FLAGS = os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
_LONG = 3600  # seconds
_BUSY = frozenset({errno.EWOULDBLOCK, errno.EACCES})
_UNSUPPORTED = frozenset({errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP})
_REMEDY = "; whoever mounts it can allow locks: Lustre with -o flock, NFS with its lock service"


def user_name() -> str:
    """The name of this user, or the number where the machine knows no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def host_name() -> str:
    """The name of this machine."""
    return os.uname().nodename


def is_at_work(tree: Tree, state: str) -> bool:
    """Whether another process of this host, which signed the lock last, is still there."""
    try:
        with tree.directory(state) as directory:
            fd = os.open(LOCK_FILE, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
        try:
            owner = json.loads(os.pread(fd, 4096, 0))
        finally:
            os.close(fd)
        return bool(owner["pid"] != os.getpid() and _is_alive(owner["host"], owner["pid"]))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _is_alive(host: str, pid: int) -> bool:
    """Whether a process of this host is there; False for one of another host."""
    if host != host_name():
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        pass  # there, but another user's
    return pid > 0


@contextmanager
def hold(
    tree: Tree, state: str, doing: str, clock: Callable[[], float] = time.time
) -> Iterator[None]:
    """Hold the lock in directory `state` of `tree`; BusyRefusal when somebody else does."""
    where = os.path.join(tree.path, state)
    fd = _open(tree, state, where)
    try:
        _take(fd, where, clock())
        _sign(fd, doing, clock())
        yield
    finally:
        _let_go(fd)  # the file stays, since removing it would race


def _open(tree: Tree, state: str, where: str) -> int:
    try:
        with tree.directory(state) as directory:
            fd = os.open(LOCK_FILE, _FLAGS, 0o644, dir_fd=directory)
            if os.fstat(fd).st_size == 0:
                share_mode(directory, fd)
            return fd
    except OSError as error:
        raise Refusal(f"cannot lock {where}: {error.strerror}; nothing was moved") from error


def _take(fd: int, where: str, now: float) -> None:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _BUSY:
            raise BusyRefusal(_busy_sentence(fd, now)) from None
        raise Refusal(
            f"no lock can be taken in {where} ({os.strerror(error.errno or 0)}), "
            "so nothing is moved: two commits at once could not be told apart"
            f"{_REMEDY if error.errno in _UNSUPPORTED else ''}"
        ) from error


def _let_go(fd: int) -> None:
    """Said aloud: a child forked meanwhile (a data loader) has the lock's file open too."""
    try:
        fcntl.flock(fd, fcntl.LOCK_UN)
    except OSError:
        pass  # closing lets go of it, at the latest with the last such child
    os.close(fd)


def _sign(fd: int, doing: str, now: float) -> None:
    owner = {
        "user": user_name(),
        "host": host_name(),
        "pid": os.getpid(),
        "since": now,
        "doing": doing,
    }
    try:
        os.ftruncate(fd, 0)
        os.pwrite(fd, json.dumps(owner).encode(), 0)
    except OSError:
        pass  # a full disk must not keep anybody from emptying the trash


def _how_long(since: float, now: float) -> str:
    """An hour is longer than nearly every commit takes."""
    if now - since < _LONG:
        return ""
    hours = format_duration((now - since) // _LONG * _LONG)
    return f", for {hours}; should that host be down, its lock ends when the file server notices"


def _busy_sentence(fd: int, now: float) -> str:
    try:
        owner = json.loads(os.pread(fd, 4096, 0))
        since = time.localtime(float(owner["since"]))
        today = since[:3] == time.localtime()[:3]
        when = time.strftime("%H:%M" if today else "%Y-%m-%d %H:%M", since)
        sentence = (
            f"{owner['user']} on host {owner['host']} (pid {owner['pid']}) has been "
            f"{owner['doing']} here since {when}"
        )
        if owner["host"] == host_name() and not _is_alive(owner["host"], owner["pid"]):
            # The kernel lets go with the last process that shares the lock; a server later.
            return (
                f"{sentence}; that process is gone, so the lock is held by one that it started, "
                "or by a file server that has not noticed yet; try again in a few minutes"
            )
        return f"{sentence}{_how_long(float(owner['since']), now)}; try again later"
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return "somebody else has been committing here; try again later"
