"""`keepstep scan`: what a training directory holds, without judging it."""

from __future__ import annotations

import time

import click

from ...policies.catalog.scan import scan
from ...policies.scan_json import scan_document
from .. import output
from ..completion import directories
from ..exit_codes import DONE
from ..put_right import tell, waiting
from ..scan_text import scan_page


@click.command(
    "scan",
    epilog="""\b
Examples:
  keepstep scan run7
  keepstep scan run7 --json | jq -r '.checkpoints[] | select(.pinned) | .id'
""",
)
@click.argument("directory", metavar="DIR", shell_complete=directories)
@click.option("--json", "as_json", is_flag=True, help="Print everything found as JSON.")
def scan_command(directory: str, as_json: bool) -> int:
    """List what a training directory holds.

    Checkpoints by series with step, size, metrics, age and state; artifacts with what it would
    cost to delete them; and what was not recognised, which is always kept. Changes nothing in
    the run; remembers finished checkpoints in the user's cache directory.
    """
    tell(waiting(directory))
    catalog = scan(directory, remember=True)
    if as_json:
        output.document(scan_document(catalog))
    else:
        output.data(scan_page(catalog, now=time.time(), width=output.width()))
    for warning in catalog.warnings:
        output.note(output.shown(f"warning: {warning}"))
    return DONE
