"""Runs the first scan in a child process, so that it does not share a core with an import.

While Textual is imported a thread would take turns with it. Events come through a pipe, pickled
by our own child; nothing that lies in a scanned directory is ever unpickled.
"""

from __future__ import annotations

import os
import pickle
import select
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from io import BufferedReader
from types import MappingProxyType
from typing import Any, BinaryIO, NoReturn

from ...policies.catalog.scan_event import Finished, Found, ScanEvent, Sized
from ...policies.refusal import Refusal
from .feed import Scanner

_EVERY = 0.05  # seconds between two batches of sizes
_POLITE = 5  # added to how nice the child is, once it has told the first rows
_Sent = list[ScanEvent | Refusal]


def scan_in_child(root: str, *, remember: bool = False) -> Scanner:
    """Start the scan of a root now; the scanner gives its events, once.

    It takes from the index what has not changed: a commit looks at everything again.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _work(root, writer, remember)
    os.close(writer)
    return lambda cancelled: received(reader, child, cancelled)


def _work(root: str, writer: int, remember: bool) -> NoReturn:
    """The child's whole life: it owns no terminal, and ends when nobody reads."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent to answer
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(nothing, standard)
        with open(writer, "wb") as pipe:
            send(_events(root, remember), pipe)
    finally:
        os._exit(0)


def _events(root: str, remember: bool) -> Iterator[ScanEvent]:
    # Imported in the child alone: its parent has enough to import meanwhile.
    from ...policies.catalog.preview import first_look
    from ...policies.catalog.scan import scan_events

    with suppress(OSError):  # the scan will say what is the matter
        yield from map(Found, first_look(root))
    os.nice(_POLITE)  # the screen is waited for, and a scan has two processes
    yield from scan_events(root, recall=True, remember=remember, read_on=True)


def send(events: Iterable[ScanEvent], pipe: BinaryIO) -> None:
    """Send a scan to who reads the other end, a few sizes at a time."""
    # One pickler for all: what was sent before is sent again as a reference.
    pickler = _Pickler(pipe, pickle.HIGHEST_PROTOCOL)
    batch: _Sent = []
    sent = 0.0
    try:
        for event in events:
            batch.append(event)
            now = time.monotonic()
            if not isinstance(event, Sized) or now - sent >= _EVERY:
                pickler.dump(batch)
                pipe.flush()
                batch, sent = [], now
    except Refusal as refusal:
        batch.append(refusal)
    pickler.dump(batch)


class _Pickler(pickle.Pickler):
    def reducer_override(self, value: object) -> Any:  # noqa: ANN401 - pickle's own signature
        if isinstance(value, MappingProxyType):
            return _read_only, (dict(value),)
        return NotImplemented


def _read_only(mapping: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(mapping)  # which pickle cannot find under its own name


def received(reader: int, child: int, cancelled: Callable[[], bool]) -> Iterator[ScanEvent]:
    """What a child sends, until it ends or nobody wants more; it is gone then."""
    finished = ended = False
    try:
        with open(reader, "rb") as pipe:
            unpickler = pickle.Unpickler(pipe)  # noqa: S301 - of our own child
            # A slow disk lets nothing be said for a while.
            while not (cancelled() or select.select([pipe], [], [], _EVERY)[0]):
                pass
            while not cancelled() and (not finished or _more(pipe, cancelled)):
                for event in _batch(unpickler):
                    if isinstance(event, Refusal):
                        raise event
                    finished = finished or isinstance(event, Finished)
                    yield event
            ended = finished and not cancelled()
    finally:
        if not ended:
            os.kill(child, signal.SIGKILL)  # it only reads
        os.waitpid(child, 0)


def _more(pipe: BufferedReader, cancelled: Callable[[], bool]) -> bool:
    """Whether something follows what is finished: the metrics of long logs may take their time."""
    os.set_blocking(pipe.fileno(), False)
    try:
        while not cancelled():
            readable = bool(select.select([pipe], [], [], 0)[0])
            if pipe.peek(1):
                return True
            if readable:
                return False  # the end
            select.select([pipe], [], [], _EVERY)
        return False
    finally:
        os.set_blocking(pipe.fileno(), True)


def _batch(unpickler: pickle.Unpickler) -> _Sent:
    try:
        batch: _Sent = unpickler.load()
    except (EOFError, pickle.UnpicklingError):
        raise Refusal("the scan ended before its end; a rescan tries again") from None
    return batch
