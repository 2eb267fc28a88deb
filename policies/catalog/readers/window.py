"""Look at a large file through a window that goes on reading, or jumps.

Going on, it doubles; behind a jump it is small again, for there may be another jump.
"""

from __future__ import annotations

from ..tree import Folder

_LEAST = 2_048
_MOST = 1_048_576


class Window:
    """A part of one file; `read` counts the bytes that were read."""

    __slots__ = ("_folder", "_length", "_name", "data", "read", "size", "start")

    def __init__(self, folder: Folder, name: str, size: int) -> None:
        self._folder = folder
        self._name = name
        self._length = _LEAST
        self.size = size
        self.start = 0  # where in the file the data begin
        self.data = b""
        self.read = 0

    def reach(self, offset: int, length: int) -> int:
        """Where in the data these bytes begin; -1 where the file has not that many."""
        at = offset - self.start
        if at >= 0 and at + length <= len(self.data):
            return at
        if offset + length > self.size:
            return -1
        going_on = bool(self.data) and self._follows(offset)
        self._length = min(2 * self._length, _MOST) if going_on else _LEAST
        wanted = min(max(length, self._length), self.size - offset)
        self.data = self._folder.read(self._name, wanted, offset) or b""
        self.start = offset
        self.read += len(self.data)
        return 0 if len(self.data) >= length else -1

    def _follows(self, offset: int) -> bool:
        return self.start <= offset <= self.start + len(self.data)
