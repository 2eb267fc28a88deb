"""A file of a tree as Python's own readers want it: seekable, read-only, in bounded pieces."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

from ..catalog.tree import Tree

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class TreeFile(io.RawIOBase):
    """One regular file; every read goes through the tree, which follows no link."""

    def __init__(self, tree: Tree, path: str, size: int) -> None:
        super().__init__()
        self._tree, self._path, self._size, self._at = tree, path, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        found = self._tree.read(self._path, len(view), self._at)
        view[: len(found)] = found
        self._at += len(found)
        return len(found)


class Opened(io.BufferedReader):
    """The file in pieces; a length that it claims of itself costs no more memory than it has."""

    def __init__(self, tree: Tree, path: str, size: int, piece: int = 1 << 20) -> None:
        super().__init__(TreeFile(tree, path, size), piece)
        self._size = size

    def read(self, size: int | None = -1, /) -> bytes:
        rest = max(0, self._size - self.tell())
        return super().read(rest if size is None or size < 0 else min(size, rest))
