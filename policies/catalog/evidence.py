"""Cheap evidence that a file is cut short, read from its first and last bytes.

Each check returns a sentence about what is wrong, or "" when nothing speaks against the file. A
file whose header is of no known format is no evidence either way: names often lie about formats.
Nothing is ever unpickled: only container headers and trailers are read.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..patterns import pattern
from .tree import Folder, join, without_numbers

_MAX_SAFETENSORS_HEADER = 100_000_000  # the format's own limit, in bytes
_OFFSETS = pattern(rb'"data_offsets"\s*:\s*\[\s*\d+\s*,\s*(\d{1,18})\s*\]')
_ZIP_START = b"PK\x03\x04"
_ZIP_END = b"PK\x05\x06"
_ONE_WRITE = 131_072  # bytes; what copies a smaller file writes it at once, or not at all
_ZIP_TAIL = 22 + 65535  # end record and the longest comment
_HDF5_START = b"\x89HDF\r\n\x1a\n"
_CONCATENATED_ZIPS = ".distcp"  # one zip for each tensor, none with a directory for all
WEIGHT_SUFFIXES = (
    ".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".h5", ".keras",
    ".distcp", ".msgpack", ".pdparams", ".npz", ".onnx", ".gguf", ".index",
    ".pth.tar", ".hdf5", ".nemo", ".cbm", ".caffemodel", ".params", ".weights", ".eqx", ".th",
)  # fmt: skip


def is_weight_name(name: str) -> bool:
    """Whether a file name is one that frameworks give to weights."""
    return name.endswith(WEIGHT_SUFFIXES)


def trouble_among(folder: Folder, names: Sequence[str], *, newest: bool) -> str:
    """The first trouble with any of these files of a folder; see `trouble_with`."""
    looks = folder.extents(names)
    doubtful = folder.tree.whole_looks.get(looks)
    if doubtful is not None and not newest:
        found = folder.tree.each(lambda each: _trouble_at_ends(folder, *each), doubtful)
        return next(filter(None, found), "")
    troubles = folder.tree.each(lambda name: trouble_with(folder, name, newest=newest), names)
    trouble = next(filter(None, troubles), "")
    if looks is not None and not trouble:
        sized = zip(names, looks.sizes, looks.blocks, strict=True)
        folder.tree.whole_looks[looks] = tuple(
            (name, size) for name, size, blocks in sized if _may_lack_content(size, 512 * blocks)
        )
    return trouble


def trouble_with(folder: Folder, name: str, *, newest: bool | None = None) -> str:
    """What is wrong with a weights-like file, by its suffix; "" when nothing is.

    Of one that has the name but for its numbers, the length and the blocks of one that was found
    whole, at most the ends are looked at: a save that was cut short is shorter, but a copy may
    have got all its space before its content. What was written last is always read.
    """
    if join(folder.path, name) in folder.tree.whole:
        return ""
    status = folder.stat(name)
    if status is None:
        return f"{name} cannot be read"
    if status.size == 0:
        return f"{name} is empty"
    looks = (without_numbers(name), status.size, status.disk)
    if looks in folder.tree.whole_looks:
        if newest is None:
            newest = name in folder.tree.newest(folder.path)
        if not newest:
            doubtful = _may_lack_content(status.size, status.disk)
            return _trouble_at_ends(folder, name, status.size) if doubtful else ""
    trouble = _trouble_by_reading(folder, name, status.size)
    if not trouble and _may_lack_content(status.size, status.disk):
        trouble = _trouble_at_ends(folder, name, status.size)
    if not trouble:
        folder.tree.whole_looks[looks] = ()
    return trouble


def _may_lack_content(size: int, disk: int) -> bool:
    """Whether a file can have got its length and all its space before its content.

    A small one is written at once or not at all, and one with less space than length has not.
    """
    return _ONE_WRITE <= size <= disk


def _trouble_at_ends(folder: Folder, name: str, size: int) -> str:
    """What is wrong with a file of the right length, by its first and last bytes and its holes."""
    ends = folder.ends(name, size)
    if ends is None:
        return f"{name} cannot be read"
    if ends.written < size:
        return f"{name} was never written from byte {ends.written:,} on"
    if name.endswith(".safetensors"):
        return "" if any(ends.first) else f"{name} is cut short: it begins with zeros"
    if ends.first == _ZIP_START and not name.endswith(_CONCATENATED_ZIPS):
        return "" if ends.last.startswith(_ZIP_END) else _zip_trouble(folder, name, size)
    return ""


def _trouble_by_reading(folder: Folder, name: str, size: int) -> str:
    if name.endswith(".safetensors"):
        return _safetensors_trouble(folder, name, size)
    start = folder.read(name, 4)
    if not start:
        return f"{name} cannot be read"
    if start == _ZIP_START and not name.endswith(_CONCATENATED_ZIPS):
        return _zip_trouble(folder, name, size)
    if start == _HDF5_START[:4]:
        return _hdf5_trouble(folder, name, size)
    return ""


def _hdf5_trouble(folder: Folder, name: str, size: int) -> str:
    """The superblock says where the file ends; version 0 and 1 keep it elsewhere than 2 and 3."""
    block = folder.read(name, 64) or b""
    if len(block) < 64 or not block.startswith(_HDF5_START):
        return f"{name} is cut short"
    place, width = {0: (24, block[13]), 1: (28, block[13])}.get(block[8], (12, block[9]))
    if width not in (4, 8) or block[8] > 3:
        return ""
    end = int.from_bytes(block[place + 2 * width : place + 3 * width], "little")
    return f"{name} holds {size:,} of {end:,} bytes" if size < end else ""


def _safetensors_trouble(folder: Folder, name: str, size: int) -> str:
    prefix = folder.read(name, 9) or b""
    length = int.from_bytes(prefix[:8], "little")
    if len(prefix) < 9:
        return f"{name} is cut short"
    if prefix[8:] != b"{" or length > _MAX_SAFETENSORS_HEADER:
        return ""  # another format under this name: no header, no evidence
    header = folder.read(name, length, 8) or b""
    if len(header) < length or not header.rstrip().endswith(b"}"):
        return f"{name} is cut short"
    ends = [int(end) for end in _OFFSETS.findall(header)]
    expected = 8 + length + max(ends, default=0)
    if size < expected:
        return f"{name} holds {size:,} of {expected:,} bytes"
    return ""


def _zip_trouble(folder: Folder, name: str, size: int) -> str:
    tail = folder.read(name, 22, max(0, size - 22)) or b""
    if tail.startswith(_ZIP_END):
        return ""
    tail = folder.read(name, _ZIP_TAIL, max(0, size - _ZIP_TAIL)) or b""
    return "" if _ZIP_END in tail else f"{name} is cut short: its zip directory is missing"


def json_trouble(folder: Folder, name: str) -> str:
    """What is wrong with the end of a JSON object's file, without parsing all of it."""
    if folder.path in folder.tree.whole:
        return ""
    return folder.fact(f"end of {name}", lambda: _json_trouble(folder, name))


def _json_trouble(folder: Folder, name: str) -> str:
    status = folder.stat(name)
    if status is None:
        return f"{name} cannot be read"
    tail = folder.read(name, 64, max(0, status.size - 64)) or b""
    return "" if tail.rstrip().endswith(b"}") else f"{name} is cut short"
