"""TensorFlow's checkpoint index against its data files: every tensor lies within them.

The index is a table of LevelDB's format; each value is a BundleEntryProto (tensorflow/core/
protobuf/tensor_bundle.proto). Blocks that are compressed are no evidence either way.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from ..catalog.readers.protobuf import VARINT, fields, varint
from ..catalog.tree import Folder

_MAGIC = 0xDB4775248B80FB57
_FOOTER = 48
_MOST_BLOCK = 64_000_000
_TRAILER = 5  # the kind of compression, and a sum
_SHARD, _OFFSET, _SIZE = 3, 4, 5  # fields of BundleEntryProto
_HEADER_SHARDS = 1  # field of BundleHeaderProto


class _MalformedError(Exception):
    """The table does not hold together."""


class _CompressedError(Exception):
    """Nothing can be told without a library."""


def bundle_trouble(folder: Folder, name: str, size: int) -> str:
    """What is wrong with `NAME.index` and its `NAME.data-00000-of-0000N`; "" for other formats."""
    footer = folder.read(name, _FOOTER, max(0, size - _FOOTER)) or b""
    if len(footer) < _FOOTER or int.from_bytes(footer[-8:], "little") != _MAGIC:
        return ""
    try:
        return _data_trouble(folder, name, _ends(folder, name, footer))
    except _CompressedError:
        return ""
    except (_MalformedError, struct.error):
        return "the index is damaged"


def _data_trouble(folder: Folder, name: str, ends: dict[int, int]) -> str:
    shards = ends.pop(-1, 1)
    for shard in range(shards):
        data = f"{name.removesuffix('.index')}.data-{shard:05d}-of-{shards:05d}"
        status = folder.stat(data)
        if status is None:
            return f"{data} is not there"
        if status.size < ends.get(shard, 0):
            return f"{data} holds {status.size:,} of {ends[shard]:,} bytes"
    return ""


def _ends(folder: Folder, name: str, footer: bytes) -> dict[int, int]:
    """Where the last tensor of each data file ends; under -1 the number of files."""
    _, at = _handle(footer, 0)
    index, _ = _handle(footer, at)
    ends: dict[int, int] = {}
    for _, handle in _entries(_block(folder, name, *index)):
        place, _ = _handle(handle, 0)
        for key, value in _entries(_block(folder, name, *place)):
            numbers = {n: v for n, wire, v, _ in fields(value, 0, len(value)) if wire == VARINT}
            if not key:
                ends[-1] = numbers.get(_HEADER_SHARDS, 1)
                continue
            shard = numbers.get(_SHARD, 0)
            end = numbers.get(_OFFSET, 0) + numbers.get(_SIZE, 0)
            ends[shard] = max(ends.get(shard, 0), end)
    return ends


def _block(folder: Folder, name: str, offset: int, length: int) -> bytes:
    if length > _MOST_BLOCK:
        raise _MalformedError
    raw = folder.read(name, length + _TRAILER, offset) or b""
    if len(raw) < length + _TRAILER:
        raise _MalformedError
    if raw[length]:
        raise _CompressedError
    return raw[:length]


def _entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values; a key repeats the beginning of the one before it."""
    [restarts] = struct.unpack("<I", block[-4:])
    end = len(block) - 4 - 4 * restarts
    at, key = 0, b""
    while at < end:
        shared, at = varint(block, at, end)
        own, at = varint(block, at, end)
        length, at = varint(block, at, end)
        if at + own + length > end:
            raise _MalformedError
        key = key[:shared] + block[at : at + own]
        at += own
        yield key, block[at : at + length]
        at += length


def _handle(raw: bytes, at: int) -> tuple[tuple[int, int], int]:
    offset, at = varint(raw, at, len(raw))
    length, at = varint(raw, at, len(raw))
    if at > len(raw):
        raise _MalformedError
    return (offset, length), at
