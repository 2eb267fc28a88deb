"""Read the header of a safetensors file: free metadata, and the exact length the file must have."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ...late_dataclass import dataclass
from ..tree import Folder
from .contents import parsed_json, size_of, span
from .numbers import cell_count, count
from .records import Progress

MAX_HEADER = 4_000_000  # 40,000 tensors; the 100 MB that the format allows parse to gigabytes
_METADATA = "__metadata__"


@dataclass(frozen=True, slots=True)
class SafetensorsHeader:
    """The header, less the list of tensors."""

    metadata: Mapping[str, str]
    tensors: int
    size: int  # of the file
    expected: int  # what the header promises

    @property
    def whole(self) -> bool:
        """Whether the file is as long as its header says, to the byte."""
        return self.size == self.expected


def read_safetensors(folder: Folder, name: str) -> SafetensorsHeader | None:
    """The header; None where it is cut short, malformed or too long to be read."""
    size = size_of(folder, name)
    prefix = None if size is None else span(folder, name, size, 0, 8)
    if size is None or prefix is None:
        return None
    length = int.from_bytes(prefix, "little")
    raw = span(folder, name, size, 8, length) if length <= MAX_HEADER else None
    document = parsed_json(raw)
    if not isinstance(document, dict):
        return None
    metadata = document.pop(_METADATA, None)
    end = _end_of_tensors(document)
    if end is None:
        return None
    texts = metadata.items() if isinstance(metadata, dict) else ()
    known = {key: value for key, value in texts if isinstance(value, str)}
    return SafetensorsHeader(MappingProxyType(known), len(document), size, 8 + length + end)


def _end_of_tensors(entries: Mapping[str, object]) -> int | None:
    """Where the last tensor ends; None where an entry is malformed."""
    end = 0
    for entry in entries.values():
        offsets = entry.get("data_offsets") if isinstance(entry, dict) else None
        if not isinstance(offsets, list) or len(offsets) != 2:
            return None
        start, stop = count(offsets[0]), count(offsets[1])
        if start is None or stop is None or start > stop:
            return None
        end = max(end, stop)
    return end


def progress_of(header: SafetensorsHeader) -> Progress:
    """Steps and epochs as kohya's scripts note them (`ss_steps`, `ss_epoch`)."""
    step = cell_count(header.metadata.get("ss_steps", ""))
    epoch = cell_count(header.metadata.get("ss_epoch", ""))
    return Progress(step=step, epoch=epoch)
