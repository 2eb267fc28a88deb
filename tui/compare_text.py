"""How two policies differ, in words; the command and the review say it alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..policies.catalog.model import Artifact, Checkpoint
from ..policies.compare import Comparison
from ..policies.freed import Freed
from .commit_text import promise
from .quantities import counted, items

Alone = tuple[Sequence[Checkpoint], Sequence[Artifact]]  # what only one of the two keeps


def difference_lines(
    first: str, second: str, found: Comparison, *, bytes_in: Callable[[Freed], str] = promise
) -> list[str]:
    """What both do, and what each keeps that the other deletes; `bytes_in` words its space."""
    both = counted(found.kept_by_both, "checkpoint")
    lines = [f"both keep {both} and delete {found.deleted_by_both}"]
    if found.same:
        return [*lines, "they do the same here"]
    ones = (found.only_first, found.files_only_first)
    others = (found.only_second, found.files_only_second)
    return [
        *lines,
        _difference(first, second, ones, bytes_in(found.bytes_only_first)),
        _difference(second, first, others, bytes_in(found.bytes_only_second)),
        *_slimmed(first, second, found.whole_only_first, bytes_in(found.bytes_whole_only_first)),
        *_slimmed(second, first, found.whole_only_second, bytes_in(found.bytes_whole_only_second)),
    ]


def _slimmed(keeps: str, slims: str, alone: Sequence[Checkpoint], space: str) -> list[str]:
    many = counted(len(alone), "checkpoint")
    return [f"{keeps} keeps {many} whole ({space}) that {slims} slims"] if alone else []


def _difference(keeps: str, deletes: str, alone: Alone, space: str) -> str:
    checkpoints, files = alone
    many = items(len(checkpoints), len(files))
    return f"{keeps} keeps {many} ({space}) that {deletes} deletes"
