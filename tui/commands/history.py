"""`keepstep history`: every commit below a directory and what became of it."""

from __future__ import annotations

import os

import click

from ...policies.commit.history import history
from ...policies.commit.results import HistoryEntry
from ...policies.commit.safety import refuse_root
from ...policies.json_text import Document, instant
from .. import output
from ..completion import directories
from ..exit_codes import DONE
from ..quantities import moment, size, with_files
from ..tables import Column, table

_COLUMNS = (
    Column("COMMIT"),
    Column("WHEN"),
    Column("WHO"),
    Column("CHECKPOINTS", right=True),
    Column("SIZE", right=True),
    Column("STATE"),
    Column("POLICY", flexible=True),
)


@click.command(
    "history",
    epilog="""\b
Examples:
  keepstep history run7
  keepstep history run7 --json
""",
)
@click.argument("directory", metavar="DIR", shell_complete=directories)
@click.option("--json", "as_json", is_flag=True, help="Print the commits as JSON.")
def history_command(directory: str, as_json: bool) -> int:
    """List the commits and what became of them.

    Newest first; what is in the trash can be put back. Reads only.
    """
    refuse_root(directory)
    entries = history(directory)
    if as_json:
        output.document(_document(directory, entries))
    elif entries:
        output.data(table(_COLUMNS, map(_row, entries), output.width()))
    else:
        output.note(output.shown(f"no commits in {directory}"))
    return DONE


def _row(one: HistoryEntry) -> list[str]:
    who = f"{one.who}@{one.host}" if one.host else one.who
    return [
        one.id,
        moment(one.when),
        who,
        with_files(one.checkpoints, one.files)
        + (f", {one.slimmed} slimmed" if one.slimmed else ""),
        size(one.bytes),
        one.state,
        one.policy,
    ]


def _document(directory: str, entries: tuple[HistoryEntry, ...]) -> Document:
    return {
        "format": "keepstep/history",
        "version": 1,
        "root": os.path.realpath(directory),
        "commits": [
            {
                "id": one.id,
                "when": instant(one.when),
                "who": one.who,
                "host": one.host,
                "policy": one.policy,
                "checkpoints": one.checkpoints,
                "slimmed": one.slimmed,
                "bytes": one.bytes,
                "state": one.state,
            }
            for one in entries
        ],
    }
