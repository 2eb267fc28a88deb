"""Share work between this process and a copy of it, where threads of Python would only wait.

Both take batches until none are left. The copy answers through a pipe, as marshal writes it:
nothing but our own child is ever read so. It takes nothing more once somebody asked to end, or
once this process is gone; and since it has the lock's file open too, the lock stays held as long
as it lives. What it took and did not answer is done here again, so the work must bear that.
"""

from __future__ import annotations

import gc
import marshal
import os
import select
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Generic, NoReturn, TypeVar

from .interrupt import Stop

if TYPE_CHECKING:
    from .at_once import Work

_MOST_BATCHES = 1024  # their numbers fit into the smallest pipe a system gives
_NUMBER = 2  # bytes of one
_LENGTH = 8  # bytes that say how long an answer is
_READ = 1 << 16
_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")


class Shared(Generic[_Item, _Answer]):
    """Items that two processes work on."""

    def __init__(self, work: Work[_Item, _Answer], items: Sequence[_Item], asked: Stop) -> None:
        self._work, self._items, self._asked = work, items, asked
        self._size = len(items) // _MOST_BATCHES + 1
        self._batches = range(0, len(items), self._size)
        self._answers: dict[int, _Answer] = {}
        self._buffer = bytearray()

    def run(self) -> Iterator[tuple[_Item, _Answer]]:
        """Every item with its answer, in order; without those not begun once `asked`."""
        self._claims, offers = os.pipe()
        os.write(offers, b"".join(n.to_bytes(_NUMBER) for n in range(len(self._batches))))
        os.close(offers)
        self._results, writer = os.pipe()
        child = _copy_of_this_process()
        if child == 0:
            self._live(writer)
        os.close(writer)
        told = 0
        taken: set[int] = set()
        try:
            while not self._asked() and (batch := self._claim()) is not None:
                taken.add(batch)
                self._do(batch)
                while select.select([self._results], [], [], 0)[0] and self._hear():
                    pass
                while told in self._answers:
                    yield self._items[told], self._answers.pop(told)
                    told += 1
            while self._claim() is not None:
                pass  # asked to end: the child finds nothing more to take
            while self._hear():
                pass
            if not self._asked():
                for at in range(told, len(self._items)):
                    if at not in self._answers:  # the child came to harm
                        self._answers[at] = self._work.do(self._items[at])
            for at in sorted(self._answers):
                yield self._items[at], self._answers.pop(at)
        finally:
            while self._claim() is not None:
                pass
            os.close(self._claims)
            os.close(self._results)
            os.waitpid(child, 0)

    def _claim(self) -> int | None:
        number = os.read(self._claims, _NUMBER)
        return int.from_bytes(number) if number else None

    def _do(self, batch: int) -> None:
        start = self._batches[batch]
        for at in range(start, min(start + self._size, len(self._items))):
            if self._asked():
                return
            self._answers[at] = self._work.do(self._items[at])

    def _live(self, writer: int) -> NoReturn:
        """The child's whole life; it ends when nothing is left, or nobody reads."""
        try:
            os.close(self._results)
            while not self._asked() and (batch := self._claim()) is not None:
                self._answers = {}
                self._do(batch)
                packed = [(at, self._work.pack(one)) for at, one in self._answers.items()]
                message = marshal.dumps(packed)
                view = memoryview(len(message).to_bytes(_LENGTH) + message)
                while view:
                    view = view[os.write(writer, view) :]
        finally:
            os._exit(0)

    def _hear(self) -> bool:
        """Take what the child says; False once it has said all."""
        data = os.read(self._results, _READ)
        self._buffer += data
        while len(self._buffer) >= _LENGTH:
            end = _LENGTH + int.from_bytes(self._buffer[:_LENGTH])
            if len(self._buffer) < end:
                break
            answers = marshal.loads(self._buffer[_LENGTH:end])  # noqa: S302 - of our own child
            del self._buffer[:end]
            self._answers.update((at, self._work.unpack(one)) for at, one in answers)
        return bool(data)


def _copy_of_this_process() -> int:
    """Fork, without a search for garbage in the copy, which would copy every page of memory."""
    gc.freeze()
    try:
        child = os.fork()
    finally:
        gc.unfreeze()
    if child == 0:
        gc.disable()
    return child
