"""Damage to valid files: what disks, crashes and malice do to bytes, drawn from a seeded source."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

# Lengths, offsets and opcodes that readers may stumble over.
_NUMBERS = (
    b"\xff" * 8,
    b"\x00" * 8,
    b"\xff\xff\xff\x7f",
    b"\xff\xff\xff\xff",
    b"\x80",
    b"\x7f" * 4,
)
_WORDS = (
    b"(", b")", b"}", b"u", b"s", b"R", b"b", b"0", b"1", b"2", b"h\x00", b"j\x00\x00\x00\x00",
    b"\x94", b"\x93", b"\x81", b"Q", b"P1\n", b".", b"I01\n", b"L99999999999999999999L\n", b"p7\n",
    b"g7\n", b"cos\nsystem\n", b"NaN", b"-Infinity", b"1e999", b"9" * 5000, b"[" * 50,
    b'{"a":' * 20, b'"', b",", b"\n", b"\0", b"PK\x05\x06", b"PK\x01\x02", b"PK\x03\x04",
    b"PK\x06\x06", b"PK\x06\x07", b"\xef\xbb\xbf", b"\xff\xfe",
)  # fmt: skip


def mutate(draw: random.Random, valid: Sequence[bytes]) -> bytes:
    """One of the valid files after a few random changes; sometimes mere noise."""
    if draw.random() < 0.03:
        return draw.randbytes(draw.randrange(200))
    data = draw.choice(valid)
    for _ in range(draw.choice((1, 1, 1, 2, 3, 5, 10))):
        data = draw.choice(_CHANGES)(draw, data, valid)
    return data


def _place(draw: random.Random, data: bytes) -> tuple[int, int]:
    """Start and end of a span, mostly a short one."""
    start = draw.randrange(len(data) + 1)
    return start, min(len(data), start + draw.choice((1, 2, 4, 8, 64, 4096)))


def _flip(draw: random.Random, data: bytes, valid: Sequence[bytes]) -> bytes:
    if not data:
        return data
    at = draw.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << draw.randrange(8)]) + data[at + 1 :]


def _noise(draw: random.Random, data: bytes, valid: Sequence[bytes]) -> bytes:
    start, end = _place(draw, data)
    return data[:start] + draw.randbytes(min(end - start, 16)) + data[end:]


def _cut(draw: random.Random, data: bytes, valid: Sequence[bytes]) -> bytes:
    return data[: draw.randrange(len(data) + 1)]


def _drop(draw: random.Random, data: bytes, valid: Sequence[bytes]) -> bytes:
    start, end = _place(draw, data)
    return data[:start] + data[end:]


def _repeat(draw: random.Random, data: bytes, valid: Sequence[bytes]) -> bytes:
    start, end = _place(draw, data)
    times = draw.choice((2, 3, 100))
    return data[:end] + data[start:end] * (times if end - start < 100 else 1) + data[end:]


def _number(draw: random.Random, data: bytes, valid: Sequence[bytes]) -> bytes:
    start = draw.randrange(len(data) + 1)
    number = draw.choice(_NUMBERS)
    return data[:start] + number + data[start + len(number) :]


def _word(draw: random.Random, data: bytes, valid: Sequence[bytes]) -> bytes:
    start = draw.randrange(len(data) + 1)
    return data[:start] + draw.choice(_WORDS) + data[start:]


def _splice(draw: random.Random, data: bytes, valid: Sequence[bytes]) -> bytes:
    other = draw.choice(valid)
    return data[: draw.randrange(len(data) + 1)] + other[draw.randrange(len(other) + 1) :]


_CHANGES: tuple[Callable[[random.Random, bytes, Sequence[bytes]], bytes], ...] = (
    _flip, _flip, _noise, _cut, _drop, _repeat, _number, _number, _word, _word, _splice,
)  # fmt: skip
