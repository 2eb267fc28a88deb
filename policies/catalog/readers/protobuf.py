"""The fields of a protobuf message, without its library or its schema."""

from __future__ import annotations

from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5

Field = tuple[int, int, int, int]  # number, wire type, then value (varint) or start, and end


def fields(data: bytes, at: int, end: int) -> Iterator[Field]:
    """The fields of a message, until its end or the first malformed one."""
    while at < end:
        key, at = varint(data, at, end)
        number, wire = key >> 3, key & 7
        if wire == VARINT:
            value, at = varint(data, at, end)
            if at > end:
                return
            yield number, wire, value, 0
            continue
        length = {FIXED64: 8, FIXED32: 4}.get(wire)
        if wire == BYTES:
            length, at = varint(data, at, end)
        if length is None or at + length > end:
            return
        yield number, wire, at, at + length
        at += length


def varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """A number and where it ends; past the end for what is malformed."""
    value = shift = 0
    while at < end and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    return 0, end + 1
