"""Errors of the filesystem in words that help: why one checkpoint was left alone."""

from __future__ import annotations

import errno
import os

CHANGED = "changed since the plan"
VANISHED = "vanished"
TAKEN = "something newer is at this place"
PURGED = "purged, so it cannot be put back"

_WORDS = {
    errno.ENOENT: VANISHED,
    errno.EXDEV: "on another filesystem",
    errno.EEXIST: TAKEN,
    errno.ENOTEMPTY: TAKEN,
    errno.ENOTDIR: "something else stands in its path now",
    errno.ELOOP: "a symbolic link stands in its path now",
}


class Unmoved(OSError):  # noqa: N818 - an answer, not a fault
    """An item that is not what it should be; `str()` says why."""

    def __str__(self) -> str:
        return str(self.args[0])


class HalfMoved(Unmoved):
    """A set that could neither be moved whole nor be put back; recovery must see to it."""


def why(error: OSError) -> str:
    """The error in words for the list of skipped checkpoints."""
    if isinstance(error, Unmoved):
        return str(error)
    if error.errno is None:
        return str(error)
    return _WORDS.get(error.errno, os.strerror(error.errno))
