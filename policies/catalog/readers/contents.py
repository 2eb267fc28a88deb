"""Bounded reads of a file's contents: all of a small file, or one span of a large one.

What a file claims about itself (offsets, lengths) is checked against its size before anything is
read, so that a lie costs nothing.
"""

from __future__ import annotations

import json
from typing import Any

from ..tree import Folder


def size_of(folder: Folder, name: str) -> int | None:
    """The length of a file, or None where it cannot be known."""
    status = folder.stat(name)
    return None if status is None else status.size


def whole(folder: Folder, name: str, limit: int) -> bytes | None:
    """All of a file; None when it is longer than `limit` or cannot be read."""
    size = size_of(folder, name)
    return None if size is None or size > limit else folder.read(name, size)


def span(folder: Folder, name: str, size: int, offset: int, length: int) -> bytes | None:
    """Exactly `length` bytes at `offset` of a file of `size`; None where it has not that many."""
    if offset < 0 or length < 0 or offset + length > size:
        return None
    data = folder.read(name, length, offset)
    return data if data is not None and len(data) == length else None


def parsed_json(data: bytes | str | None) -> object:
    """The document, or None for anything that is not JSON."""
    if not data:
        return None
    try:
        document: object = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return document


def json_object(folder: Folder, name: str, limit: int) -> dict[str, Any] | None:
    """The object that a small JSON file holds."""
    document = parsed_json(whole(folder, name, limit))
    return document if isinstance(document, dict) else None
