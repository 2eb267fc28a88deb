"""Read torch files that are no zips, and plain pickles: only their beginning, never unpickled.

A legacy file is four pickles in a row: a magic number, a protocol, facts about the machine, and
the object; the bytes of the tensors follow.
"""

from __future__ import annotations

import io

from ..tree import Folder
from .pickle_scalars import no_storage
from .pickle_walk import walk
from .torch_content import TorchContent, content_of

_MAGIC = b"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."  # LONG1 0x1950a86a20f9469cfc6c, STOP
_BEFORE_OBJECT = 3
_HEADS = (1_000_000, 16_000_000)  # a large head is read only where the small one is not enough


def read_torch_legacy(folder: Folder, name: str) -> TorchContent | None:
    """What a legacy torch file holds."""
    return _read_head(folder, name, _BEFORE_OBJECT) if _magic(folder, name) else None


def read_plain_pickle(folder: Folder, name: str) -> TorchContent | None:
    """What a pickle holds whose top object ends within the first megabytes."""
    return _read_head(folder, name, 0) if _magic(folder, name) is False else None


def _magic(folder: Folder, name: str) -> bool | None:
    """Whether a pickle is the first of a legacy torch file; None for what is no pickle."""
    start = folder.read(name, 2 + len(_MAGIC)) or b""
    return start[2:] == _MAGIC if start[:1] == b"\x80" else None


def _read_head(folder: Folder, name: str, pickles_before: int) -> TorchContent | None:
    for length in _HEADS:
        head = folder.read(name, length)
        if not head:
            return None
        source = io.BytesIO(head)
        if not all((one := walk(source)) and one.complete for _ in range(pickles_before)):
            return None
        walked = walk(source)
        if walked is None:
            return None
        if walked.complete:
            return content_of(walked.value, no_storage)
        if len(head) < length:
            return None
    return None
