"""TensorFlow's checkpoint index, written byte by byte: LevelDB's table of BundleEntryProto."""

from __future__ import annotations

import struct
from collections.abc import Mapping

_MAGIC = 0xDB4775248B80FB57


def bundle(tensors: Mapping[str, tuple[int, int, int]], *, shards: int) -> bytes:
    """An index of tensors by name: data file, offset and length of each."""
    entries = [(b"", _message({1: shards}))]
    entries += [
        (name.encode(), _message({1: 1, 3: shard, 4: offset, 5: size}))
        for name, (shard, offset, size) in sorted(tensors.items())
    ]
    data = _block(entries)
    meta = _block([])
    index = _block([(b"zzz", _varint(0) + _varint(len(data)))])
    body = b"".join(block + b"\0" + bytes(4) for block in (data, meta, index))
    meta_at = len(data) + 5
    index_at = meta_at + len(meta) + 5
    handles = b"".join(map(_varint, (meta_at, len(meta), index_at, len(index))))
    return body + handles.ljust(40, b"\0") + struct.pack("<Q", _MAGIC)


def _block(entries: list[tuple[bytes, bytes]]) -> bytes:
    """Keys share their beginning with the one before, as LevelDB writes them."""
    out, before = b"", b""
    for key, value in entries:
        shared = 0
        while shared < min(len(key), len(before)) and key[shared] == before[shared]:
            shared += 1
        own = key[shared:]
        out += _varint(shared) + _varint(len(own)) + _varint(len(value)) + own + value
        before = key
    return out + struct.pack("<II", 0, 1)


def _message(numbers: Mapping[int, int]) -> bytes:
    """Whole numbers by field, and a sum of four bytes as TensorFlow adds one."""
    fields = b"".join(_varint(n << 3) + _varint(v) for n, v in numbers.items() if v)
    return fields + _varint(6 << 3 | 5) + bytes(4)


def _varint(value: int) -> bytes:
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])
