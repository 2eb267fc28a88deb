"""The directory of a zip file by bounded reads, zip64 included; nothing is decompressed.

A file is refused when its directory is huge, or when it does not begin where the file begins: the
latter is how several zips in a row (`.distcp`) look, of which a zip reader sees only the last.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from ...late_dataclass import dataclass
from ..tree import Folder
from .contents import size_of, span

MAX_DIRECTORY = 16_000_000
MAX_MEMBERS = 100_000
STORED = 0
_END = struct.Struct("<4s4H2IH")
_END64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR = struct.Struct("<4sIQI")
_ENTRY = struct.Struct("<4s6H3I5H2I")
_LOCAL = struct.Struct("<4s5H3I2H")
_MAX_COMMENT = 65535
_FULL32 = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class ZipMember:
    """One member; `offset` is that of its local header."""

    name: str
    method: int
    size: int
    offset: int


@dataclass(frozen=True, slots=True)
class ZipDirectory:
    """The raw directory of a zip, parsed only while it is searched."""

    folder: Folder
    file: str
    file_size: int
    raw: bytes

    def members(self) -> Iterator[ZipMember]:
        """Every member until the first malformed entry."""
        at = 0
        for _ in range(MAX_MEMBERS):
            if at + _ENTRY.size > len(self.raw):
                return
            entry = _ENTRY.unpack_from(self.raw, at)
            if entry[0] != b"PK\x01\x02":
                return
            name_at = at + _ENTRY.size
            extra_at = name_at + entry[10]
            at = extra_at + entry[11] + entry[12]
            if at > len(self.raw):
                return
            name = self.raw[name_at:extra_at].decode("utf-8", "replace")
            extra = self.raw[extra_at : extra_at + entry[11]]
            packed, size, offset = _wide(extra, entry[8], entry[9], entry[16])
            if entry[4] != STORED or packed == size:
                yield ZipMember(name, entry[4], size, offset)

    def find(self, ending: str) -> ZipMember | None:
        """The first member whose name ends so."""
        return next((one for one in self.members() if one.name.endswith(ending)), None)

    def read(self, member: ZipMember, limit: int) -> bytes | None:
        """A member's bytes; None when it is compressed, longer than `limit` or out of place."""
        if member.method != STORED or member.size > limit:
            return None
        return self.read_part(member, 0, member.size)

    def read_part(self, member: ZipMember, offset: int, length: int) -> bytes | None:
        """A span of a stored member."""
        if member.method != STORED or offset < 0 or offset + length > member.size:
            return None
        header = span(self.folder, self.file, self.file_size, member.offset, _LOCAL.size)
        if header is None or not header.startswith(b"PK\x03\x04"):
            return None
        *_, name_length, extra_length = _LOCAL.unpack(header)
        start = member.offset + _LOCAL.size + name_length + extra_length
        return span(self.folder, self.file, self.file_size, start + offset, length)


def read_zip_directory(folder: Folder, name: str) -> ZipDirectory | None:
    """The directory of a zip file, or None for anything else."""
    size = size_of(folder, name)
    if size is None or size < _END.size or span(folder, name, size, 0, 4) != b"PK\x03\x04":
        return None
    found = _find_end(folder, name, size)
    if found is None:
        return None
    end_at, end = found
    count, length, offset = end[4], end[5], end[6]
    # torch writes the zip64 records always, also where 32 bits would do.
    wide = _read_end64(folder, name, size, end_at)
    if wide is not None:
        end_at, count, length, offset = wide
    if offset + length != end_at or length > MAX_DIRECTORY or count > MAX_MEMBERS:
        return None
    raw = span(folder, name, size, offset, length)
    return None if raw is None else ZipDirectory(folder, name, size, raw)


def _find_end(folder: Folder, name: str, size: int) -> tuple[int, tuple[int, ...]] | None:
    """Where the end record is, and its fields; it stands before a comment, mostly an empty one."""
    for length in (_END.size, min(size, _END.size + _MAX_COMMENT)):
        tail = span(folder, name, size, size - length, length)
        at = -1 if tail is None else tail.rfind(b"PK\x05\x06", 0, len(tail) - _END.size + 4)
        if tail is not None and at >= 0:
            return size - length + at, _END.unpack_from(tail, at)
    return None


def _read_end64(
    folder: Folder, name: str, size: int, end_at: int
) -> tuple[int, int, int, int] | None:
    """Start of the zip64 end record, number of members, length and offset of the directory."""
    raw = span(folder, name, size, end_at - _LOCATOR.size, _LOCATOR.size)
    if raw is None or not raw.startswith(b"PK\x06\x07"):
        return None
    _, _, at, _ = _LOCATOR.unpack(raw)
    raw = span(folder, name, size, at, _END64.size)
    if raw is None or not raw.startswith(b"PK\x06\x06"):
        return None
    *_, count, length, offset = _END64.unpack(raw)
    return at, count, length, offset


def _wide(extra: bytes, packed: int, size: int, offset: int) -> tuple[int, int, int]:
    """Sizes and offset, from the zip64 field where 32 bits do not hold them."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == 1:
            field = extra[at + 4 : at + 4 + min(length, 24)]
            numbers = iter(struct.unpack_from(f"<{len(field) // 8}Q", field))
            size = next(numbers, size) if size == _FULL32 else size
            packed = next(numbers, packed) if packed == _FULL32 else packed
            offset = next(numbers, offset) if offset == _FULL32 else offset
            break
        at += 4 + length
    return packed, size, offset
