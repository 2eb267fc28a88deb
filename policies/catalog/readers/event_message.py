"""The few fields of TensorBoard's Event message that carry a number, without a protobuf library."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from ...patterns import pattern
from .protobuf import BYTES, FIXED32, VARINT, fields

EVENT_STEP, EVENT_SUMMARY = 2, 5
SUMMARY_VALUE = 1
_VALUE_TAG, _VALUE_SIMPLE, _VALUE_TENSOR = 1, 2, 8
_TENSOR_TYPE, _TENSOR_CONTENT, _TENSOR_FLOATS, _TENSOR_DOUBLES = 1, 4, 5, 6
_FORMS = {1: "<f", 2: "<d", 19: "<e"}  # DT_FLOAT, DT_DOUBLE, DT_HALF
_MAX_TAG = 512

Scalars = list[tuple[bytes, float]]
# One scalar as nearly every writer puts it: time, step, a summary of one value, up to its tag.
SIMPLE = pattern(
    rb"\t.{8}(?:\x10([\x80-\xff]{0,8}[\0-\x7f]))?\*[\0-\x7f]\n[\0-\x7f]\n[\0-\x7f]", re.DOTALL
)


def read_event(data: bytes, start: int, end: int) -> tuple[int, Scalars]:
    """Step, and (tag, value) of every scalar; what is malformed is left out."""
    step = 0
    found: Scalars = []
    for number, wire, first, last in fields(data, start, end):
        if number == EVENT_STEP and wire == VARINT:
            step = first if first < 2**63 else 0
        elif number == EVENT_SUMMARY and wire == BYTES:
            for inner, inner_wire, begin, stop in fields(data, first, last):
                if inner == SUMMARY_VALUE and inner_wire == BYTES:
                    found.extend(read_value(data, begin, stop))
    return step, found


def read_value(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, float]]:
    """Tag and number of one value of a summary, where it is a scalar."""
    tag, value = b"", None
    for number, wire, first, last in fields(data, start, end):
        if number == _VALUE_TAG and wire == BYTES:
            tag = data[first : min(last, first + _MAX_TAG)]
        elif number == _VALUE_SIMPLE and wire == FIXED32:
            [value] = struct.unpack_from("<f", data, first)
        elif number == _VALUE_TENSOR and wire == BYTES:
            value = _tensor(data, first, last)
    if value is not None:
        yield tag, value


def _tensor(data: bytes, start: int, end: int) -> float | None:
    """The number in a tensor of one floating-point element."""
    kind, raw = 0, b""
    for number, wire, first, last in fields(data, start, end):
        if number == _TENSOR_TYPE and wire == VARINT:
            kind = first
        elif number in (_TENSOR_CONTENT, _TENSOR_FLOATS, _TENSOR_DOUBLES) and last - first <= 8:
            raw = data[first:last]
    form = _FORMS.get(kind)
    if form is None or len(raw) != struct.calcsize(form):
        return None
    [value] = struct.unpack(form, raw)
    return float(value)
