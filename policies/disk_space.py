"""How much room a filesystem has for this user; the one question that is asked of a whole disk."""

from __future__ import annotations

import os

from .late_dataclass import dataclass
from .units import FreeSpace, rounded_size


@dataclass(frozen=True, slots=True)
class DiskSpace:
    """Bytes that this user could still write, and bytes in all."""

    free: int
    total: int

    def lacks(self, wanted: FreeSpace) -> int:
        """How many bytes are missing to what should be free; 0 when there is enough."""
        return max(0, wanted.of(self.total) - self.free)

    def sentence(self, wanted: FreeSpace) -> str:
        """Why there is too little."""
        return f"{rounded_size(self.free)} are free, less than min_free {wanted}"


def disk_space(path: str | int) -> DiskSpace:
    """The space of the filesystem that holds a path or an open descriptor."""
    found = os.statvfs(path)
    return DiskSpace(found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize)
