"""Text files that name a checkpoint: DeepSpeed's `latest`, Megatron's tracker and their like."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .content import with_trouble
from .model import Kind, State
from .sighting import Sighting
from .tree import Folder

_LONGEST = 4096  # bytes; a path at most


def read_tag(folder: Folder, name: str) -> str | None:
    """The one line that the file holds, or None where it is no such file."""
    if folder.kinds.get(name) is not Kind.FILE:
        return None
    content = folder.read(name, _LONGEST + 1) or b""
    text = content.decode("utf-8", "surrogateescape").strip()
    return text if text and len(content) <= _LONGEST and "\n" not in text else None


def suspect_after(
    found: Iterable[Sighting], last: float | None, name: str, number: Callable[[Sighting], float]
) -> list[Sighting]:
    """Sightings newer than what a tag names, which is written after the checkpoint, are suspect."""
    return [
        with_trouble(one, f"newer than the one that {name} names, which is written last")
        if last is not None and one.state is State.COMPLETE and number(one) > last
        else one
        for one in found
    ]
