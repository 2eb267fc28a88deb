"""What earlier scans have read of the logs of a run, in the user's cache directory.

A cache, one file for a root; it may be deleted at any time, and one that is damaged, or another
version's, counts as none. No plan that deletes is made of it, and a commit reads the logs.
"""

from __future__ import annotations

import hashlib
import os
import sys
from array import array
from collections.abc import Mapping
from contextlib import suppress

import msgspec

from .cache_file import cache_path, is_off, write_cache
from .logs import Tail
from .readers.event_file import EventScalars
from .readers.records import Curve, LogRow, RowLog, Wanted

_KIND = "logs"
_VERSION = 1  # also of what readers take a log to mean
_MOST_BYTES = 128_000_000  # of all logs of a root; the longest are read again
_DIGEST = 16


class _Events(msgspec.Struct, frozen=True, tag=True):
    offset: int
    broken: bool
    curves: dict[str, tuple[bytes, bytes]]


class _Rows(msgspec.Struct, frozen=True, tag=True):
    kind: str
    offset: int
    header: str
    seen: int
    broken: int
    held: int
    steps: list[int]
    epochs: list[float]
    everything: bool
    named: bool
    rows: list[tuple[int | None, float | None, dict[str, float], str, bool]]


class _Tail(msgspec.Struct, array_like=True, frozen=True):
    inode: int
    size: int
    mtime_ns: int
    head: bytes
    last: bytes
    offset: int
    log: bytes


class _File(msgspec.Struct, frozen=True):
    version: int
    byteorder: str
    root: bytes
    tails: dict[bytes, _Tail]


class LogMemory:
    """What is remembered of the logs below one root (absolute, real)."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._tails = _loaded(root)

    def recall(self, path: str) -> Tail | None:
        """What is remembered of a file; decoded when asked for."""
        packed = self._tails.get(os.fsencode(path))
        if packed is None:
            return None
        try:
            found = msgspec.msgpack.decode(packed.log, type=_Events | _Rows)
            log = _events(found) if isinstance(found, _Events) else _rows(found)
        except (ValueError, msgspec.DecodeError):
            return None
        return Tail(packed.inode, packed.size, packed.mtime_ns, packed.head, packed.last, log)

    def save(self, tails: Mapping[str, Tail]) -> None:
        """Remember these, and nothing else; failing costs nothing."""
        if is_off():
            return
        kept: dict[bytes, _Tail] = {}
        left = _MOST_BYTES
        for path, tail in sorted(tails.items(), key=lambda item: item[1].log.offset):
            packed = self._packed(os.fsencode(path), tail)
            left -= len(packed.log)
            if left < 0:
                break
            kept[os.fsencode(path)] = packed
        if kept == self._tails:
            return
        self._tails = kept
        file = _File(_VERSION, sys.byteorder, os.fsencode(self._root), kept)
        body = msgspec.msgpack.encode(file)
        with suppress(OSError):
            write_cache(cache_path(_KIND, self._root), _digest(body) + body)

    def _packed(self, path: bytes, tail: Tail) -> _Tail:
        log = tail.log
        about = (tail.inode, tail.size, tail.mtime_ns, tail.head, tail.last, log.offset)
        known = self._tails.get(path)
        if known is not None and about == (
            known.inode, known.size, known.mtime_ns, known.head, known.last, known.offset
        ):  # fmt: skip
            return known
        content = _packed_events(log) if isinstance(log, EventScalars) else _packed_rows(log)
        return _Tail(*about, msgspec.msgpack.encode(content))


def _packed_events(log: EventScalars) -> _Events:
    curves = {
        tag: (array("q", curve.steps).tobytes(), array("d", curve.values).tobytes())
        for tag, curve in log.curves.items()
    }
    return _Events(log.offset, log.broken, curves)


def _packed_rows(log: RowLog) -> _Rows:
    wanted = log.wanted
    return _Rows(
        log.kind, log.offset, log.header, log.seen, log.broken, log.held,
        sorted(wanted.steps), sorted(wanted.epochs), wanted.everything, wanted.named,
        [(r.step, r.epoch, dict(r.metrics), r.checkpoint, r.held_out) for r in log.rows],
    )  # fmt: skip


def _rows(found: _Rows) -> RowLog:
    steps, epochs = frozenset(found.steps), frozenset(found.epochs)
    return RowLog(
        kind=found.kind,
        offset=found.offset,
        header=found.header,
        seen=found.seen,
        broken=found.broken,
        held=found.held,
        wanted=Wanted(steps, epochs, found.everything, found.named),
        rows=[LogRow(*row) for row in found.rows],
    )


def _events(found: _Events) -> EventScalars:
    curves = {}
    for tag, (steps, values) in found.curves.items():
        curves[tag] = Curve(array("q", steps), array("d", values))
    return EventScalars(found.offset, broken=found.broken, curves=curves)


def _loaded(root: str) -> dict[bytes, _Tail]:
    """Empty where there is nothing that is whole and ours."""
    if is_off():
        return {}
    try:
        with open(cache_path(_KIND, root), "rb") as file:
            digest, body = file.read(_DIGEST), file.read(2 * _MOST_BYTES)
        if digest != _digest(body):
            return {}
        found = msgspec.msgpack.decode(body, type=_File)
    except (OSError, ValueError, msgspec.DecodeError):
        return {}
    ours = (found.version, found.byteorder, found.root)
    return found.tails if ours == (_VERSION, sys.byteorder, os.fsencode(root)) else {}


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_DIGEST).digest()
