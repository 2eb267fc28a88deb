"""`keepstep purge`: empty the trash, the only thing that cannot be undone."""

from __future__ import annotations

import time

import click

from ...policies.commit.history import in_trash
from ...policies.commit.purge import purge
from ...policies.commit.results import HistoryEntry
from ...policies.commit.safety import refuse_root
from ...policies.refusal import Refusal
from ...policies.units import parse_duration
from .. import output
from ..commit_text import exit_code, purge_lines
from ..completion import directories
from ..confirm import confirm
from ..exit_codes import DONE, INCOMPLETE
from ..progress import clear, progress_line
from ..put_right import put_right, tell, waiting
from ..quantities import counted, items, moment, size


@click.command(
    "purge",
    epilog="""\b
Examples:
  keepstep purge run7
  keepstep purge run7 --older-than 7d -y
""",
)
@click.argument("directory", metavar="DIR", shell_complete=directories)
@click.option("--older-than", metavar="AGE", help="Only commits older than this: 90m, 24h, 7d.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
def purge_command(directory: str, older_than: str | None, yes: bool) -> int:
    """Empty the trash; this is what frees space.

    What is purged cannot be put back. The measured change of free space is told beside what was
    promised; on a filesystem that others use too the two can differ.
    """
    seconds = None if older_than is None else _seconds(older_than)
    refuse_root(directory)
    tell(put_right(directory))
    chosen = _chosen(directory, seconds)
    if not chosen and not yes and not waiting(directory):
        output.data("nothing in the trash to purge")
        return DONE
    for one in chosen:
        many = items(one.checkpoints, one.files, one.slimmed)
        output.data(f"{one.id}  {moment(one.when)}  {many}, {size(one.bytes)}")
    if chosen and not confirm(f"Delete {counted(len(chosen), 'commit')} for good?", yes=yes):
        output.note("nothing changed")
        return INCOMPLETE
    line = progress_line()
    result = purge(directory, older_than=seconds, on_progress=line)
    clear(line)
    for text in purge_lines(result):
        output.data(output.shown(text))
    return exit_code(skipped=(*result.left, *result.pending), interrupted=result.interrupted)


def _seconds(text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise Refusal(f"--older-than: {error}") from None


def _chosen(directory: str, seconds: float | None) -> list[HistoryEntry]:
    then = time.time() - (seconds or 0)
    return [one for one in in_trash(directory) if one.when <= then]
