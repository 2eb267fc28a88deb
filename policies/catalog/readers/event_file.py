"""Read the scalars of a TensorBoard event file; only numbers, and only a bounded part at a time.

Large records (images, histograms, graphs) are skipped by their length, or looked through for
scalars, without being read. A record that is cut short is the tail of a live writer: the offset is
where it begins, and where to go on next time. Checksums are not verified: reading would take five
times as long.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..tree import Folder
from .contents import size_of
from .event_message import SIMPLE, Scalars, read_event
from .large_event import read_large_event
from .records import Curve
from .window import Window

LARGE = 65_536  # bytes of a record that is not read whole
MAX_COST = 64_000_000  # of one go
MAX_SCALARS = 4_000_000  # of one file; they take 16 bytes each
_MAX_TAGS = 10_000
_CHEAP = 10  # a byte that is only passed by costs a tenth of one that is understood
_FRAME = 12  # length and its checksum
_AROUND = 16  # the same and the checksum of the record
_length_at = struct.Struct("<Q").unpack_from
_float_at = struct.Struct("<f").unpack_from

Rank = Callable[[str], int]
_Points = tuple["array[int]", "array[float]"]


def every_tag(tag: str) -> int:
    """Want the scalars of all tags."""
    return 1


@dataclass(slots=True)
class EventScalars:
    """The curves by tag, and where to go on.

    Only tags of the highest rank that was met are kept, and none of rank 0.
    """

    offset: int = 0  # of the first record not read yet
    more: bool = False  # more could be read at once; otherwise the file ends there, for now
    broken: bool = False  # what stands at the offset is no record
    cost: int = 0  # of this go, in bytes
    curves: Mapping[str, Curve] = field(default_factory=dict)


def read_event_file(
    folder: Folder,
    name: str,
    so_far: EventScalars | None = None,
    max_cost: int = MAX_COST,
    rank: Rank = every_tag,
) -> EventScalars | None:
    """All scalars from the start of the file, of which some may be known; None if unreadable."""
    size = size_of(folder, name)
    if size is None:
        return None
    reading = _Reading(Window(folder, name, size), so_far or EventScalars(), rank)
    return reading.run(max_cost)


class _Reading:
    """Curves as they grow, and the offset of the next record."""

    def __init__(self, window: Window, so_far: EventScalars, rank: Rank) -> None:
        self._window = window
        self._rank = rank
        self._offset = min(so_far.offset, window.size)
        self._understood = 0
        self._broken = False
        self._tags: dict[bytes, _Points | None] = {}
        self._curves: dict[str, _Points] = {}
        self._scalars = 0
        self._highest = 1
        for tag, curve in so_far.curves.items():
            self._highest = max(self._highest, rank(tag))
            self._curves[tag] = (array("q", curve.steps), array("d", curve.values))
            self._scalars += len(curve.steps)

    def run(self, max_cost: int) -> EventScalars:
        more = True
        while self._cost() < max_cost and self._scalars < MAX_SCALARS:
            if not self._go_on():
                more = False
                break
        curves = {tag: Curve(*points) for tag, points in self._curves.items()}
        return EventScalars(self._offset, more, self._broken, self._cost(), curves)

    def _cost(self) -> int:
        return self._understood + (self._window.read - self._understood) // _CHEAP

    def _go_on(self) -> bool:
        """Read some records; False where there are no more that are whole."""
        window = self._window
        at = window.reach(self._offset, _FRAME)
        if at < 0:
            return False
        end = self._records(window.data, at)
        self._offset += end - at
        if end > at:
            return True
        [length] = _length_at(window.data, at)
        self._broken = length == 0  # zeros left by a crash; no event is empty
        first, last = self._offset + _FRAME, self._offset + _FRAME + length
        if self._broken or last + 4 > window.size:
            return False
        if length <= LARGE:
            return window.reach(self._offset, length + _AROUND) >= 0
        before = window.read
        self._take(*read_large_event(window, first, last))
        self._understood += window.read - before
        self._offset = last + 4
        return True

    def _records(self, data: bytes, at: int) -> int:
        """Read the records that lie in the data whole; where the next one begins."""
        last = len(data)
        tags, simple = self._tags, SIMPLE.match
        raw, step = None, 0
        while at + _FRAME <= last:
            [length] = _length_at(data, at)
            end = at + length + _AROUND
            if end > last or not length:
                break
            stop = end - 4
            # Nearly all records are one scalar in the form that every writer gives it.
            match = simple(data, at + _FRAME, stop)
            tag_at = match.end() if match else 0
            tag_end = tag_at + data[tag_at - 1]
            if (
                match
                and tag_end + 5 == stop
                and data[tag_end] == 0x15
                and data[tag_at - 3] == stop - tag_at + 2
                and data[tag_at - 5] == stop - tag_at + 4
            ):
                tag = data[tag_at:tag_end]
                points = tags[tag] if tag in tags else self._meet(tag)
                if points is not None:
                    if match[1] != raw:
                        raw = match[1]
                        step = _step_of(raw)
                    points[0].append(step)
                    points[1].append(_float_at(data, tag_end + 1)[0])
                    self._scalars += 1
                    self._understood += end - at
            else:
                step_here, values = read_event(data, at + _FRAME, stop)
                self._take(step_here, values)
                self._understood += end - at if values else 0
            at = end
        return at

    def _take(self, step: int, values: Scalars) -> None:
        for tag, value in values:
            points = self._tags[tag] if tag in self._tags else self._meet(tag)
            if points is not None:
                points[0].append(step)
                points[1].append(value)
                self._scalars += 1

    def _meet(self, tag: bytes) -> _Points | None:
        """Where the values of a tag go that was not met before; None where they are not wanted."""
        name = tag.decode("utf-8", "replace")
        rank = self._rank(name)
        if rank > self._highest:
            self._highest = rank
            self._curves.clear()
            self._tags.update(dict.fromkeys(self._tags))
            self._scalars = 0
        points = None
        if rank == self._highest and (name in self._curves or len(self._curves) < _MAX_TAGS):
            points = self._curves.setdefault(name, (array("q"), array("d")))
        if len(self._tags) < 2 * _MAX_TAGS:
            self._tags[tag] = points
        return points


def _step_of(raw: bytes | None) -> int:
    step = 0
    for at, byte in enumerate(raw or b""):
        step |= (byte & 0x7F) << (7 * at)
    return step
