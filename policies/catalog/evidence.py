"""Cheap evidence that a file is cut short, read from its first and last bytes.

Each check returns a sentence about what is wrong, or "" when nothing speaks against the file.
Nothing is ever unpickled: only container headers and trailers are read.
"""

from __future__ import annotations

import re

from .tree import Folder

_MAX_SAFETENSORS_HEADER = 100_000_000  # the format's own limit, in bytes
_OFFSETS = re.compile(rb'"data_offsets"\s*:\s*\[\s*[0-9]+\s*,\s*([0-9]+)\s*\]')
_ZIP_START = b"PK\x03\x04"
_ZIP_END = b"PK\x05\x06"
_ZIP_TAIL = 22 + 65535  # end record and the longest comment
_HDF5_START = b"\x89HDF\r\n\x1a\n"
WEIGHT_SUFFIXES = (
    ".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".h5", ".keras",
    ".distcp", ".msgpack", ".pdparams", ".npz", ".onnx", ".gguf", ".index",
    ".pth.tar", ".hdf5", ".nemo", ".cbm", ".caffemodel", ".params", ".weights", ".eqx",
)  # fmt: skip


def is_weight_name(name: str) -> bool:
    """Whether a file name is one that frameworks give to weights."""
    return name.endswith(WEIGHT_SUFFIXES)


def trouble_with(folder: Folder, name: str) -> str:
    """What is wrong with a weights-like file, by its suffix; "" when nothing is."""
    status = folder.stat(name)
    if status is None:
        return f"{name} cannot be read"
    if status.size == 0:
        return f"{name} is empty"
    if name.endswith(".safetensors"):
        return _safetensors_trouble(folder, name, status.size)
    if name.endswith((".keras", ".npz", ".zip")):
        return _zip_trouble(folder, name, status.size)
    if (
        name.endswith((".pt", ".pth", ".ckpt", ".bin", ".pth.tar", ".pkl"))
        or ".pth." in name
        or ".pt." in name
    ):
        start = folder.read(name, 4)
        if start == _ZIP_START:
            return _zip_trouble(folder, name, status.size)
        return "" if start else f"{name} cannot be read"
    if name.endswith((".h5", ".hdf5")):
        start = folder.read(name, 8)
        return "" if start == _HDF5_START else f"{name} has no HDF5 header"
    return ""


def _safetensors_trouble(folder: Folder, name: str, size: int) -> str:
    prefix = folder.read(name, 8) or b""
    length = int.from_bytes(prefix, "little")
    if len(prefix) < 8 or length > min(_MAX_SAFETENSORS_HEADER, size - 8):
        return f"{name} is cut short"
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
    status = folder.stat(name)
    if status is None:
        return f"{name} cannot be read"
    tail = folder.read(name, 64, max(0, status.size - 64)) or b""
    return "" if tail.rstrip().endswith(b"}") else f"{name} is cut short"
