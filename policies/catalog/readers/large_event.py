"""Look through a large Event message for scalars, jumping over whatever is none.

Old writers put all summaries of a step into one message, histograms and images among the scalars.
"""

from __future__ import annotations

from collections.abc import Iterator

from .event_message import EVENT_STEP, EVENT_SUMMARY, SUMMARY_VALUE, Scalars, read_value
from .protobuf import BYTES, FIXED32, FIXED64, VARINT, varint
from .window import Window

_MAX_FIELDS = 20_000
_MAX_VALUE = 4_096  # bytes of a value that may be a scalar: a tag, a number, a description
_MAX_KEY = 20  # bytes of a field's number and its length
_LENGTHS = {FIXED64: 8, FIXED32: 4}


def read_large_event(window: Window, start: int, end: int) -> tuple[int, Scalars]:
    """As `read_event`, of a message that lies at these offsets of a file."""
    step = 0
    found: Scalars = []
    for number, wire, first, last in _fields(window, start, end):
        if number == EVENT_STEP and wire == VARINT:
            step = first if first < 2**63 else 0
        elif number == EVENT_SUMMARY and wire == BYTES:
            for inner, inner_wire, begin, stop in _fields(window, first, last):
                if (inner, inner_wire) == (SUMMARY_VALUE, BYTES) and stop - begin <= _MAX_VALUE:
                    at = window.reach(begin, stop - begin)
                    if at < 0:
                        return step, found
                    found.extend(read_value(window.data, at, at + stop - begin))
    return step, found


def _fields(window: Window, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """As `protobuf.fields`, with offsets in the file; not endlessly many."""
    for _ in range(_MAX_FIELDS):
        if at >= end:
            return
        length = min(_MAX_KEY, end - at)
        here = window.reach(at, length)
        if here < 0:
            return
        data, stop = window.data, here + length
        key, past = varint(data, here, stop)
        number, wire = key >> 3, key & 7
        if wire in (VARINT, BYTES):
            value, past = varint(data, past, stop)
        else:
            value = _LENGTHS.get(wire, -1)
        if past > stop or value < 0:
            return
        at += past - here
        if wire == VARINT:
            yield number, wire, value, 0
            continue
        if at + value > end:
            return
        yield number, wire, at, at + value
        at += value
