"""`keepstep demo`: a sample run of sparse files, to try everything on."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...policies.refusal import Refusal
from .. import output
from ..completion import directories
from .review import open_review

if TYPE_CHECKING:
    from ..policy_choice import Choice


@click.command(
    "demo",
    epilog="""\b
Examples:
  keepstep demo
  keepstep demo /tmp/run7 && keepstep prune /tmp/run7 --policy balanced
""",
)
@click.argument("directory", metavar="[DIR]", required=False, shell_complete=directories)
def demo_command(directory: str | None) -> int:
    """Build a sample run and review it.

    172 checkpoints of 3.6 GB each, as sparse files that take about 20 MB, in DIR or in a new
    temporary directory. Sizes are shown as if the files were real.
    """
    from ..sample.run import build_sample_run

    run = directory
    try:
        run = run or tempfile.mkdtemp(prefix="keepstep-demo-")
        build_sample_run(Path(run), now=time.time())
    except OSError as error:
        raise Refusal(_sentence(error)) from None
    output.note(output.shown(f"the sample run is in {run}; remove it when you are done"))
    return open_review(run, _default, apparent=True)


def _default() -> Choice:
    from ...policies.rules.preset_files import load_policy
    from ..policy_choice import DEFAULT, Choice

    return Choice(load_policy(DEFAULT), "the default")


def _sentence(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror}" if error.strerror else str(error)
