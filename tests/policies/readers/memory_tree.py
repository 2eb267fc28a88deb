"""A tree in memory, as strict as the disk: what a system call would refuse is refused here too."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import TypeVar

from keepstep.policies.catalog.listing import Listing, Names, Stat
from keepstep.policies.catalog.model import Kind
from keepstep.policies.catalog.tree import Ends, Folder

T = TypeVar("T")
U = TypeVar("U")


class MemoryTree:
    """Files by path; folders are implied."""

    root = "/memory"
    whole = ()

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files
        self.bytes_read = 0
        self.whole_looks: dict[object, Sequence[tuple[str, int]]] = {}

    def names(self, path: str) -> Names:
        inside = [f[len(path) + 1 :] if path else f for f in self.files if self._below(f, path)]
        if path and not inside:
            raise FileNotFoundError(path)
        found = {name.split("/")[0]: name for name in sorted(inside)}
        return Names(
            {top: Kind.DIRECTORY if "/" in name else Kind.FILE for top, name in found.items()}
        )

    def _below(self, file: str, path: str) -> bool:
        return not path or file.startswith(path + "/")

    def stat(self, path: str) -> Stat:
        data = self._file(path)
        return Stat(Kind.FILE, len(data), len(data), 0, 0, 0, 1)

    def read(self, path: str, limit: int, offset: int = 0) -> bytes:
        if offset < 0:
            raise OSError(22, "Invalid argument", path)
        if offset >= 2**63 or not 0 <= limit < 2**31:  # what pread makes of such numbers
            raise OverflowError("Python int too large to convert to C long")
        data = self._file(path)[offset : offset + limit]
        self.bytes_read += len(data)
        return data

    def ends(self, path: str, size: int) -> Ends:
        data = self._file(path)
        return Ends(data[:4], data[-22:], len(data))

    def _file(self, path: str) -> bytes:
        if path not in self.files:
            raise FileNotFoundError(path)
        return self.files[path]

    def link(self, path: str) -> str:
        raise OSError(22, "Invalid argument", path)

    def listing(self, path: str) -> Listing:
        raise OSError(38, "Function not implemented", path)

    def newest(self, path: str) -> Container[str]:
        return ()

    def fact(self, path: str, question: str, find: Callable[[], T]) -> T:
        return find()

    def anew(self) -> MemoryTree:
        return self

    def each(self, work: Callable[[T], U], items: Iterable[T]) -> list[U]:
        return [work(item) for item in items]


def folder_of(files: Mapping[str, bytes]) -> Folder:
    """A folder that holds these files."""
    return Folder(MemoryTree(files), "")
