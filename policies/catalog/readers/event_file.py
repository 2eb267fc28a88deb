"""Read the scalars of a TensorBoard event file; only numbers, and only a bounded part at a time.

Records are skipped when they are large (images, histograms, graphs). A record that is cut short is
the tail of a live writer: the offset returned is where it begins, and where to go on next time.
Checksums are not verified: reading would take five times as long.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Mapping

from ...late_dataclass import dataclass
from ..tree import Folder
from .contents import size_of
from .event_message import read_event
from .records import Curve

MAX_RECORD = 1_000_000
MAX_BYTES = 64_000_000  # of one run in one go
_WINDOW = 64_000
_LARGE_WINDOW = 2_000_000  # holds any record that is not skipped
_MAX_TAGS = 10_000
_MAX_SCALARS = 2_000_000
_FRAME = 12  # length and its checksum
_FOOT = 4  # checksum of the record


@dataclass(frozen=True, slots=True)
class EventScalars:
    """The curves by tag, and where to go on."""

    curves: Mapping[str, Curve]
    offset: int  # of the first record not read yet
    more: bool  # more could be read at once; otherwise the file ends there, for now
    broken: bool = False  # what stands at the offset is no record


def read_event_file(
    folder: Folder, name: str, offset: int = 0, max_bytes: int = MAX_BYTES
) -> EventScalars | None:
    """The scalars from an offset on; None where the file cannot be read."""
    size = size_of(folder, name)
    if size is None:
        return None
    reading = _Reading(size, min(max(offset, 0), size))
    read = 0
    while read < max_bytes and reading.scalars < _MAX_SCALARS:
        length = min(_LARGE_WINDOW if reading.stuck else _WINDOW, size - reading.offset)
        window = folder.read(name, length, reading.offset) if length else b""
        if window is None:
            return None
        read += length
        if not reading.consume(window):
            return reading.result(more=False)
    return reading.result(more=True)


class _Reading:
    """Curves as they grow, and the offset of the next record."""

    def __init__(self, size: int, offset: int) -> None:
        self.size = size
        self.offset = offset
        self.scalars = 0
        self.stuck = False  # the next record is longer than the window
        self._broken = False
        self._curves: dict[bytes, tuple[array[int], array[float]]] = {}

    def consume(self, window: bytes) -> bool:
        """Read the records that lie in the window whole; False where there is no going on."""
        at = 0
        while at + _FRAME <= len(window):
            [length] = struct.unpack_from("<Q", window, at)
            end = at + _FRAME + length + _FOOT
            self._broken = length == 0  # zeros left by a crash; no event is empty
            if self._broken or self.offset + end > self.size:
                self.offset += at
                return False
            if length <= MAX_RECORD:
                if end > len(window):
                    break
                self._add(window, at + _FRAME, end - _FOOT)
            at = end
        return self._advance(at, len(window))

    def _advance(self, by: int, length: int) -> bool:
        """Go on behind what was read; a large window that holds no record is the end."""
        self.offset += by
        was_stuck, self.stuck = self.stuck, by == 0
        return by > 0 or (not was_stuck and self.offset + length < self.size)

    def _add(self, window: bytes, start: int, end: int) -> None:
        step, values = read_event(window, start, end)
        self.scalars += len(values)
        for tag, value in values:
            curve = self._curves.get(tag)
            if curve is None:
                if len(self._curves) >= _MAX_TAGS:
                    continue
                curve = self._curves[tag] = (array("q"), array("d"))
            curve[0].append(step)
            curve[1].append(value)

    def result(self, *, more: bool) -> EventScalars:
        curves = {
            tag.decode("utf-8", "replace"): Curve(steps, values)
            for tag, (steps, values) in self._curves.items()
        }
        return EventScalars(curves, self.offset, more, self._broken)
