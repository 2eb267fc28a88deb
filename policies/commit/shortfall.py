"""Why a purge freed less than it promised, as far as this host can tell. Reads only."""

from __future__ import annotations

import os
from collections.abc import Sequence

from ..places import STATE_DIRECTORY, TRASH
from ..units import rounded_size

_SLACK = 1 << 20  # bytes that directories and journals of other programs may take meanwhile
_SHARE = 0.02  # of what was promised
_DELETED = " (deleted)"


def shortfall(
    home: str,
    promised: int,
    linked: int,
    measured: int,
    pending: Sequence[str],
    proc: str = "/proc",
) -> tuple[str, ...]:
    """One sentence for each cause; none when about as much is free as was promised.

    `linked` are the bytes of the promise that further hard links can hold; sizes are bytes.
    """
    if measured + max(_SLACK, _SHARE * promised) >= promised:
        return ()
    missing = f"{rounded_size(promised - max(0, measured))} less than promised"
    causes = [
        f"pid {pid} ({name}) still has deleted files open, {rounded_size(size)}"
        for pid, name, size in _held_open(os.path.join(home, STATE_DIRECTORY, TRASH), proc)
    ]
    if linked:
        causes.append(
            f"up to {rounded_size(linked)} of it has further hard links, and returns with the last"
        )
    if pending:
        causes.append("what is pending has not been deleted yet")
    causes = causes or [
        "a snapshot, a process on another host or of another user may hold it, the filesystem may "
        "free it later, or others wrote meanwhile"
    ]
    return (f"{missing}: {'; '.join(causes)}",)


def _held_open(trash: str, proc: str) -> list[tuple[int, str, int]]:
    """Processes with deleted files of the trash open: pid, name, bytes on disk."""
    found = []
    for entry in _names(proc):
        if entry.isdecimal() and (size := _bytes_open(f"{proc}/{entry}/fd", trash)):
            found.append((int(entry), _name(f"{proc}/{entry}/comm"), size))
    return found


def _bytes_open(descriptors: str, trash: str) -> int:
    held: dict[tuple[int, int], int] = {}
    for number in _names(descriptors):
        path = f"{descriptors}/{number}"
        try:
            target = os.readlink(path)
            if target.startswith(trash + "/") and target.endswith(_DELETED):
                status = os.stat(path)
                held[status.st_dev, status.st_ino] = status.st_blocks * 512
        except OSError:
            continue  # closed meanwhile
    return sum(held.values())


def _names(path: str) -> list[str]:
    try:
        return os.listdir(path)
    except OSError:
        return []  # another user's, or gone


def _name(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return "?"
