"""What is wrong with one file, by its format: told in words, "" when nothing is.

The format is told by the first bytes, not by the name. Sums are checked where the format has them
(zip, which torch, Keras and NumPy write); elsewhere lengths and tables must fit the file.
"""

from __future__ import annotations

import json
import pickletools
import zipfile
import zlib
from collections.abc import Callable, Mapping
from math import prod

from ..catalog.evidence import is_weight_name, trouble_with
from ..catalog.tree import Folder, join
from .tensor_bundle import bundle_trouble
from .tree_file import Opened

_ZIP = b"PK\x03\x04"
_NPY = b"\x93NUMPY"
_PICKLE = b"\x80"
_CONCATENATED_ZIPS = ".distcp"  # one zip for each tensor, none with a directory for all
_SHARD_INDEX = (".safetensors.index.json", ".bin.index.json")
_MOST_JSON = 256_000_000
_MOST_HEADER = 100_000_000  # the limit of safetensors
_PIECE = 1 << 20
_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32,
    "U32": 32, "F32": 32, "F64": 64, "I64": 64, "U64": 64, "C64": 64, "F8_E4M3": 8, "F8_E5M2": 8,
    "F8_E8M0": 8, "F6_E2M3": 6, "F6_E3M2": 6, "F4": 4,
}  # fmt: skip


def file_trouble(folder: Folder, name: str, *, contents: bool = True) -> str:
    """What is wrong with a regular file; without `contents` only its structure is looked at."""
    status = folder.stat(name)
    if status is None:
        return f"{name} cannot be read"
    if is_weight_name(name) and (trouble := trouble_with(folder, name)):
        return trouble
    if status.size == 0:
        return ""
    start = folder.read(name, 8)
    if start is None:
        return f"{name} cannot be read"
    check = _check_for(name, start, contents)
    try:
        trouble = check(folder, name, status.size) if check else ""
    except OSError as error:
        return f"{name} cannot be read: {error.strerror or error}"
    return f"{name}: {trouble}" if trouble else ""


_Check = Callable[[Folder, str, int], str]


def _check_for(name: str, start: bytes, contents: bool) -> _Check | None:
    if start.startswith(_ZIP):
        if name.endswith(_CONCATENATED_ZIPS):
            return None
        return _zip_contents if contents else _zip_directory
    if name.endswith(".safetensors"):
        return _safetensors
    if name.endswith(_SHARD_INDEX):
        return _shard_index
    if name.endswith(".json"):
        return _json
    if name.endswith(".index"):
        return bundle_trouble
    if start.startswith(_NPY[: len(start)]):
        return _npy
    return _pickle if contents and start.startswith(_PICKLE) else None


def _zip_directory(folder: Folder, name: str, size: int) -> str:
    try:
        with Opened(folder.tree, join(folder.path, name), size) as file:
            zipfile.ZipFile(file).close()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        return f"the zip directory is damaged ({error})"
    return ""


def _zip_contents(folder: Folder, name: str, size: int) -> str:
    """Every member read and its sum compared.

    Torch can be told to write no sums (`set_crc32_options`); a file in which every one of several
    is wrong was written so, since damage does not hit all.
    """
    wrong = []
    try:
        with (
            Opened(folder.tree, join(folder.path, name), size) as file,
            zipfile.ZipFile(file) as archive,
        ):
            members = [one for one in archive.infolist() if one.file_size]
            for member in members:
                if trouble := _member_trouble(archive, member):
                    wrong.append(trouble)
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        return f"the zip directory is damaged ({error})"
    stored = all(one.compress_type == zipfile.ZIP_STORED for one in members)
    if len(wrong) == len(members) > 1 and stored:
        return ""
    return wrong[0] if wrong else ""


def _member_trouble(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> str:
    try:
        with archive.open(member) as file:
            while file.read(_PIECE):
                pass
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        return f"{member.filename} in it is damaged ({error})"
    except (NotImplementedError, RuntimeError):
        return ""  # a compression that Python lacks, or a password: no evidence
    return ""


def _safetensors(folder: Folder, name: str, size: int) -> str:
    """The tensors lie side by side, each as long as its shape says, up to the end of the file."""
    length = int.from_bytes(folder.read(name, 8) or b"", "little")
    raw = folder.read(name, length, 8) if length <= min(size, _MOST_HEADER) else None
    if not (raw or b"").startswith(b"{"):
        return ""  # another format under this name
    header = _parsed(raw or b"")
    if not isinstance(header, dict):
        return "the header is no JSON"
    spans = []
    for tensor, entry in header.items():
        if tensor != "__metadata__":
            span = _tensor_span(entry)
            if span is None:
                return f"the header is wrong about {tensor}"
            spans.append(span)
    at = 0
    for begin, end in sorted(spans):
        if begin != at:
            return f"tensors overlap or leave a gap at byte {8 + length + at:,}"
        at = end
    expected = 8 + length + at
    return "" if size == expected else f"it holds {size:,} of {expected:,} bytes"


def _tensor_span(entry: object) -> tuple[int, int] | None:
    if not isinstance(entry, Mapping):
        return None
    offsets, shape = _counts(entry.get("data_offsets")), _counts(entry.get("shape"))
    if offsets is None or len(offsets) != 2 or shape is None:
        return None
    begin, end = offsets
    known = _BITS.get(str(entry.get("dtype")))  # a type newer than this table is taken as it is
    fits = known is None or (end - begin) * 8 == prod(shape) * known
    return (begin, end) if begin <= end and fits else None


def _counts(value: object) -> list[int] | None:
    """A list of whole numbers that are not negative, and nothing else."""
    if not isinstance(value, list):
        return None
    return value if all(type(each) is int and each >= 0 for each in value) else None


def _shard_index(folder: Folder, name: str, size: int) -> str:
    """Every file that the index names is there."""
    document = _parsed(folder.read(name, _MOST_JSON) or b"")
    if not isinstance(document, dict):
        return "it is no JSON"
    places = document.get("weight_map")
    files = set(places.values()) if isinstance(places, dict) else set()
    missing = sorted(str(each) for each in files if str(each) not in folder.kinds)
    return f"it names {missing[0]}, which is not there" if missing else ""


def _json(folder: Folder, name: str, size: int) -> str:
    if size > _MOST_JSON:
        return ""
    return "it is no JSON" if _parsed(folder.read(name, size) or b"") is _BROKEN else ""


_BROKEN = object()


def _parsed(raw: bytes) -> object:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return _BROKEN


def _npy(folder: Folder, name: str, size: int) -> str:
    head = folder.read(name, 12) or b""
    width = 2 if head[6:7] == b"\x01" else 4
    length = int.from_bytes(head[8 : 8 + width], "little")
    header = folder.read(name, length, 8 + width) or b"" if length < _PIECE else b""
    return "" if len(header) == length and header.endswith(b"\n") else "its header is cut short"


def _pickle(folder: Folder, name: str, size: int) -> str:
    """The first pickle has an end; opcodes are named, never carried out."""
    with Opened(folder.tree, join(folder.path, name), size) as file:
        try:
            for _ in pickletools.genops(file):
                pass
        except (ValueError, EOFError, UnicodeDecodeError, OverflowError) as error:
            return f"it ends within a pickle ({error})"
    return ""
