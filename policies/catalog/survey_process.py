"""Survey with a second process: both take batches of directories until none are left.

The child sends columns and names through a pipe, as marshal writes them: nothing but our own
child is ever read so. What it took and did not deliver, the parent looks at itself.
"""

from __future__ import annotations

import fcntl
import marshal
import os
import select
import signal
import stat as mode_bits
from array import array
from contextlib import suppress
from operator import attrgetter
from typing import Any, NoReturn

from .listing import Listing, Names, Remembered
from .lookout import Lookout
from .model import Kind
from .sums import plain_sums, sums_from
from .survey import Surveyor

_BATCHES = 256  # at most; each is a byte in a pipe that holds thousands
_PIPE = 1 << 20  # bytes; what the child may be ahead
_LENGTH = 8  # bytes that say how long a message is
_COLUMNS = attrgetter("inodes", "devices", "links", "sizes", "blocks", "mtimes")
_MODES = {
    Kind.FILE: mode_bits.S_IFREG,
    Kind.DIRECTORY: mode_bits.S_IFDIR,
    Kind.LINK: mode_bits.S_IFLNK,
    Kind.OTHER: mode_bits.S_IFIFO,
}


def look_with_a_second_process(surveyor: Surveyor, pending: list[str]) -> None:
    """Look at all that is pending, and all that is below it."""
    size = len(pending) // _BATCHES + 1
    batches = [pending[at : at + size] for at in range(0, len(pending), size)]
    claims, offers = os.pipe()
    os.write(offers, bytes(range(len(batches))))
    os.close(offers)
    results, writer = os.pipe()
    with suppress(
        OSError, AttributeError
    ):  # a user's pipes may have used up what the system allows
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, _PIPE)
    child = os.fork()
    if child == 0:
        os.close(results)
        _work(surveyor, batches, claims, writer)
    os.close(writer)
    received = _Received(results, surveyor)
    try:
        surveyor.meanwhile()
        done = set()
        while claim := os.read(claims, 1):
            surveyor.check()
            _look_at_all(surveyor, batches[claim[0]])
            done.add(claim[0])
            received.take_what_is_there()
        done |= received.take_all()
        for number in set(range(len(batches))) - done:
            _look_at_all(surveyor, batches[number])
    finally:
        os.close(claims)
        os.close(results)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _look_at_all(surveyor: Surveyor, batch: list[str]) -> None:
    pending = batch[::-1]
    while pending:
        if surveyor.many_at_a_time:
            from .survey_threads import look_with_threads

            pending = look_with_threads(surveyor, pending)
        else:
            surveyor.look(pending)


def _work(surveyor: Surveyor, batches: list[list[str]], claims: int, writer: int) -> NoReturn:
    """The child's whole life; it ends when nothing is left, or nobody reads."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent to answer
        surveyor.requests = max(1, surveyor.requests // 2)  # the parent sends as many
        sent: dict[Names, int] = {}
        with open(writer, "wb", buffering=0) as pipe:
            while claim := os.read(claims, 1):
                surveyor.seen = {}
                _look_at_all(surveyor, batches[claim[0]])
                rows = [_packed(path, one, sent) for path, one in surveyor.seen.items()]
                message = marshal.dumps((claim[0], rows))
                message = len(message).to_bytes(_LENGTH, "little") + message
                while message:
                    message = message[pipe.write(message) or 0 :]
    finally:
        os._exit(0)


def _packed(
    path: str, one: Listing | Remembered | OSError, sent: dict[Names, int]
) -> tuple[Any, ...]:
    if isinstance(one, OSError):
        return path, one.errno, one.strerror
    if isinstance(one, Remembered):
        return path, one.devices
    kinds = None
    if one.names not in sent:
        sent[one.names] = len(sent)
        kinds = [(name, _MODES[kind]) for name, kind in one.names.kinds.items()]
    return (
        path,
        sent[one.names],
        kinds,
        one.key,
        *map(_flat, _COLUMNS(one)),
        one.digest,
        one.errors,
        plain_sums(one),
    )


class _Received:
    """Puts together what the child sends."""

    def __init__(self, results: int, surveyor: Surveyor) -> None:
        self._results = results
        self._seen = surveyor.seen
        self._surveyor = surveyor
        self._lookout: Lookout = surveyor.lookout
        self._names: list[Names] = []
        self._buffer = bytearray()
        self._done: set[int] = set()

    def take_what_is_there(self) -> None:
        while select.select([self._results], [], [], 0)[0] and self._read():
            pass

    def take_all(self) -> set[int]:
        """Everything until the child's end; the batches that came whole."""
        while self._read():
            pass
        return self._done

    def _read(self) -> bool:
        data = os.read(self._results, _PIPE)
        self._buffer += data
        while len(self._buffer) >= _LENGTH:
            end = _LENGTH + int.from_bytes(self._buffer[:_LENGTH], "little")
            if len(self._buffer) < end:
                break
            number, rows = marshal.loads(self._buffer[_LENGTH:end])  # noqa: S302 - of our own child
            del self._buffer[:end]
            for row in rows:
                self._unpack(row)
            self._done.add(number)
        return bool(data)

    def _unpack(self, row: tuple[Any, ...]) -> None:
        if len(row) == 3:
            self._seen[row[0]] = OSError(row[1], row[2])
            return
        if len(row) == 2:
            self._surveyor.adopt(row[0], row[1])
            return
        path, number, kinds, key, inodes, devices, links, sizes, blocks, mtimes, *rest = row
        digest, errors, sums = rest
        if kinds is not None:
            names = [name for name, _ in kinds]
            self._names.append(self._lookout.names(names, tuple(mode for _, mode in kinds)))
        self._seen[path] = Listing(
            names=self._names[number],
            key=key,
            inodes=array("Q", inodes),
            devices=devices if isinstance(devices, int) else array("Q", devices),
            links=links if isinstance(links, int) else array("Q", links),
            sizes=array("q", sizes),
            blocks=array("q", blocks),
            mtimes=array("q", mtimes),
            digest=digest,
            errors=errors,
            sums=sums_from(self._names[number], sums),
        )


def _flat(column: array[int] | int) -> bytes | int:
    return column if isinstance(column, int) else column.tobytes()
