"""What a commit, an undo or a purge did, in words: which of trash and purge, and how much.

Space is only ever promised until it has been measured, and the next command is spelled out.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

from ..policies.commit.results import CommitResult, PurgeResult, Skipped, UndoResult
from ..policies.freed import Freed
from ..policies.units import format_duration
from .exit_codes import DONE, INCOMPLETE, INTERRUPTED
from .output import shown
from .quantities import items, size


def commit_lines(result: CommitResult, root: str, window: float) -> list[str]:
    """What went, where it is now, and how it comes back or lets go of its space."""
    lines = []
    many = items(result.checkpoints, result.files, len(result.slimmed))
    if result.trashed and result.purged:
        lines.append(f"deleted {many} for good (commit {result.id}): {_measured(result)}")
    elif result.trashed:
        lines += [
            f"moved {many} to the trash (commit {result.id})",
            f"no space is free yet: {promise(result.promised)} returns when the trash is purged, "
            f"by `{command('purge', root)}` or by a prune after {format_duration(window)}",
            f"`{command('undo', root)}` puts everything back until then",
        ]
    else:
        lines.append("nothing was moved")
    return [*lines, *skipped_lines(result.skipped), *_ends(result.interrupted, result.notes)]


def undo_lines(result: UndoResult) -> list[str]:
    """What is back, and what is not."""
    if not result.id:
        return ["nothing to undo: no commit has anything in the trash", *_ends(False, result.notes)]
    many = items(result.checkpoints, result.files, result.slimmed)
    lines = [f"put back {many} (commit {result.id})"]
    if not result.restored and not result.skipped:
        lines = [f"all of commit {result.id} is back"]
    lines += skipped_lines(result.skipped)
    return [*lines, *_ends(result.interrupted, result.notes)]


def purge_lines(result: PurgeResult) -> list[str]:
    """What is gone for good, with the measured change beside the promise."""
    if result.commits:
        measured = "" if result.measured is None else f", measured {size(result.measured)}"
        names = ", ".join(result.commits)
        least = result.bytes_promised - result.linked
        promised = promise(Freed(least, result.bytes_promised))
        lines = [f"purged {names}: promised {promised}{measured}", *result.less]
    elif result.left or result.pending or result.interrupted:
        lines = ["nothing was purged"]
    else:
        lines = ["nothing in the trash to purge"]
    lines += [f"pending, held by a server or a process: {path}" for path in result.pending]
    return [*lines, *result.left, *_ends(result.interrupted, result.notes)]


def skipped_lines(skipped: Iterable[Skipped]) -> list[str]:
    """One line for each item that was left alone."""
    return [f"skipped {shown(one.id)}: {one.why}" for one in skipped]


def promise(freed: Freed) -> str:
    """Certain bytes, and more where other hard links might go too."""
    if freed.possible > freed.certain:
        return f"{size(freed.certain)} to {size(freed.possible)}"
    return size(freed.certain)


def command(verb: str, root: str) -> str:
    """A command line that can be pasted into a shell."""
    return f"keepstep {verb} {shlex.quote(root)}"


def exit_code(*, skipped: Sequence[object], interrupted: bool) -> int:
    """The code of a command that has changed something."""
    if interrupted:
        return INTERRUPTED
    return INCOMPLETE if skipped else DONE


def _measured(result: CommitResult) -> str:
    measured = "" if result.measured is None else f", measured {size(result.measured)}"
    return f"promised {promise(result.promised)}{measured}"


def _ends(interrupted: bool, notes: Iterable[str]) -> list[str]:
    lines = [f"note: {note}" for note in notes]
    return [*lines, "interrupted; the rest was left as it was"] if interrupted else lines
