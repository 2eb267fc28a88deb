"""`keepstep pin`, `unpin`, `pins`: a person's word that a checkpoint or an artifact stays."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable

import click

from ...policies.catalog.model import Catalog, Pin
from ...policies.catalog.scan import scan
from ...policies.commit.lock import user_name
from ...policies.json_text import Document, instant
from ...policies.pins import pin, pinnable, unpin
from .. import output
from ..completion import directories
from ..exit_codes import DONE
from ..put_right import put_right, tell
from ..tables import Column, table

_COLUMNS = (
    Column("WHAT"),
    Column("BY"),
    Column("SINCE"),
    Column("THERE"),
    Column("NOTE", flexible=True),
)
_NOTHING: frozenset[str] = frozenset()  # names are enough here: nothing needs to be sized


@click.command(
    "pin",
    epilog="""\b
Examples:
  keepstep pin run7 checkpoint-13100 --note "figure 4"
  keepstep pin run7 run7/checkpoint-1000 run7/checkpoint-2000
  keepstep pin run7 plots/loss.png
""",
)
@click.argument("directory", metavar="DIR", shell_complete=directories)
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.option("--note", default="", metavar="TEXT", help="Why, for whoever reads it later.")
def pin_command(directory: str, ids: tuple[str, ...], note: str) -> int:
    """Protect checkpoints and other files from every policy.

    An ID is the path of a checkpoint or an artifact below DIR, as `keepstep scan` lists it. Pins
    lie in DIR, so they bind cron and other people too. All of the IDs are pinned, or none.
    """
    tell(put_right(directory))
    catalog = scan(directory, measure=_NOTHING)
    at = instant(time.time()) or ""
    for one in pin(catalog, _ids(catalog, ids), note=note, by=user_name(), at=at):
        output.data(output.shown(f"pinned {one.id}"))
    return DONE


@click.command(
    "unpin",
    epilog="""\b
Examples:
  keepstep unpin run7 checkpoint-13100
""",
)
@click.argument("directory", metavar="DIR", shell_complete=directories)
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
def unpin_command(directory: str, ids: tuple[str, ...]) -> int:
    """Take pins away."""
    catalog = scan(directory, measure=_NOTHING)
    wanted = _ids(catalog, ids)
    freed = unpin(catalog, wanted)
    for name in wanted:
        words = "unpinned" if name in freed else "was not pinned:"
        output.data(output.shown(f"{words} {name}"))
    return DONE


@click.command(
    "pins",
    epilog="""\b
Examples:
  keepstep pins run7
  keepstep pins run7 --json
""",
)
@click.argument("directory", metavar="DIR", shell_complete=directories)
@click.option("--json", "as_json", is_flag=True, help="Print the pins as JSON.")
def pins_command(directory: str, as_json: bool) -> int:
    """List the pins."""
    catalog = scan(directory, measure=_NOTHING)
    there = pinnable(catalog)
    pins = [catalog.pins[name] for name in sorted(catalog.pins)]
    if as_json:
        output.document(_document(catalog, pins))
    elif pins:
        rows = [[p.id, p.by, p.at, "yes" if p.id in there else "no", p.note] for p in pins]
        output.data(table(_COLUMNS, rows, output.width()))
    else:
        output.note(output.shown(f"no pins in {catalog.root}"))
    return DONE


def _ids(catalog: Catalog, given: Iterable[str]) -> list[str]:
    """Ids as the catalog has them; a path that a shell completed is one too."""
    known = pinnable(catalog)
    found = []
    for name in given:
        below = os.path.relpath(_resolved(name), catalog.root)
        found.append(next((one for one in (name, name.rstrip("/"), below) if one in known), name))
    return list(dict.fromkeys(found))


def _resolved(path: str) -> str:
    """The path with the links above it resolved, but not the last name itself."""
    folder, name = os.path.split(os.path.abspath(path))
    return os.path.join(os.path.realpath(folder), name)


def _document(catalog: Catalog, pins: list[Pin]) -> Document:
    return {
        "format": "keepstep/pins",
        "version": 1,
        "root": catalog.root,
        "pins": [{"id": p.id, "note": p.note, "by": p.by, "at": p.at} for p in pins],
    }
