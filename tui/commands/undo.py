"""`keepstep undo`: put back what a commit moved to the trash, byte for byte."""

from __future__ import annotations

import click

from ...policies.commit.undo import undo
from .. import output
from ..commit_text import exit_code, undo_lines
from ..completion import directories
from ..progress import clear, progress_line


@click.command(
    "undo",
    epilog="""\b
Examples:
  keepstep undo run7
  keepstep undo run7 20251121-142501-3f2a
""",
)
@click.argument("directory", metavar="DIR", shell_complete=directories)
@click.argument("commit", metavar="[COMMIT]", required=False)
def undo_command(directory: str, commit: str | None) -> int:
    """Put back what a commit moved to the trash.

    Without COMMIT the newest one that still has something there. Nothing is overwritten: where
    something else has taken the place, the checkpoint waits in the trash.
    """
    line = progress_line()
    result = undo(directory, commit, on_progress=line)
    clear(line)
    for text in undo_lines(result):
        output.data(output.shown(text))
    return exit_code(skipped=result.skipped, interrupted=result.interrupted)
