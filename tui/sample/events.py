"""A TensorBoard event file written by hand: TFRecord framing around Event messages.

Only what the sample run needs of both formats: a version record and scalars. The checksums are real
(masked CRC-32C), because TensorBoard stops reading at the first record whose checksum is wrong.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass

CASTAGNOLI = 0x82F63B78
MASK_DELTA = 0xA282EAD8


@dataclass(frozen=True, slots=True)
class Scalar:
    """One number as TensorBoard stores it."""

    at: float
    step: int
    tag: str
    value: float


def _table_entry(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (CASTAGNOLI if byte & 1 else 0)
    return byte


_TABLE = tuple(_table_entry(byte) for byte in range(256))


def masked_crc32c(data: bytes) -> int:
    """CRC-32C, rotated and shifted so that a checksum of checksummed data stays useful."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + MASK_DELTA) & 0xFFFFFFFF


def record(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    head = length + struct.pack("<I", masked_crc32c(length))
    return head + data + struct.pack("<I", masked_crc32c(data))


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*encoded, number])


def _field(number: int, payload: bytes) -> bytes:
    """A length-delimited field: a string or a nested message."""
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def _event(at: float, step: int, content: bytes) -> bytes:
    wall_time = b"\x09" + struct.pack("<d", at)
    return wall_time + (b"\x10" + _varint(step) if step else b"") + content


def _scalar_event(scalar: Scalar) -> bytes:
    value = _field(1, scalar.tag.encode()) + b"\x15" + struct.pack("<f", scalar.value)
    summary = _field(1, value)
    return _event(scalar.at, scalar.step, _field(5, summary))


def event_file(started: float, scalars: Iterable[Scalar]) -> bytes:
    """The whole file: the version first, then one event per scalar in the order given."""
    records = [record(_event(started, 0, _field(3, b"brain.Event:2")))]
    records += [record(_scalar_event(scalar)) for scalar in scalars]
    return b"".join(records)
