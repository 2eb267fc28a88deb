"""`keepstep verify`: check every checkpoint as far as its format allows, and remember it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from ...policies.catalog.local_tree import LocalTree
from ...policies.catalog.model import Catalog, Checkpoint
from ...policies.catalog.scan import scan
from ...policies.commit.results import Progress
from ...policies.json_text import Document
from ...policies.refusal import Refusal
from ...policies.verification.verdicts import remember, remembered
from ...policies.verification.verify import Outcome, Verdict, verify
from .. import output
from ..completion import directories
from ..exit_codes import DONE, INCOMPLETE
from ..progress import clear, progress_line
from ..quantities import counted, size
from ..tables import Column, table

_EVERY = 16  # verdicts between two writings, so that an interrupted command loses little


@click.command(
    "verify",
    epilog="""\b
Examples:
  keepstep verify run7
  keepstep verify run7 checkpoint-17000
  keepstep verify run7 --quick --json
""",
)
@click.argument("directory", metavar="DIR", shell_complete=directories)
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--quick", is_flag=True, help="Check the structure, not the sums.")
@click.option("--again", is_flag=True, help="Check what was verified before, too.")
@click.option("--jobs", type=click.IntRange(1, 64), default=4, show_default=True, metavar="N",
              help="How many checkpoints are read at a time.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the verdicts as JSON.")
def verify_command(
    directory: str, ids: Sequence[str], quick: bool, again: bool, jobs: int, as_json: bool
) -> int:
    """Check that checkpoints are whole.

    Newest first: sums of zip files (torch, Keras, NumPy), tensor tables of safetensors,
    TensorFlow's indexes, shards, HDF5 lengths and JSON; nothing is unpickled. Verdicts are kept
    beside the run until the checkpoint changes: no policy deletes a damaged one, and it never
    counts as the newest. Exit code 1 when any is damaged.
    """
    catalog = scan(directory)
    wanted = _wanted(catalog, ids)
    known = {} if again else _known(catalog, wanted, contents=not quick)
    waiting = [one for one in wanted if one.id not in known]
    found = {**known, **_verified(catalog, waiting, contents=not quick, jobs=jobs)}
    verdicts = [found[one.id] for one in wanted]
    if as_json:
        output.document(_document(catalog.root, verdicts, known))
    else:
        output.data(_page(verdicts, known))
    damaged = any(verdict.outcome is Outcome.DAMAGED for verdict in verdicts)
    return INCOMPLETE if damaged else DONE


def _wanted(catalog: Catalog, ids: Sequence[str]) -> list[Checkpoint]:
    """Newest first: the one to resume from is the one that must be whole."""
    there = {one.id for one in catalog.checkpoints}
    for id_ in ids:
        if id_ not in there:
            raise Refusal(
                f"no checkpoint '{id_}' in {catalog.root}; "
                f"`keepstep scan {catalog.root}` lists them"
            )
    chosen = frozenset(ids) or there
    return [one for one in reversed(catalog.checkpoints) if one.id in chosen]


def _known(catalog: Catalog, wanted: Sequence[Checkpoint], *, contents: bool) -> dict[str, Verdict]:
    """Verdicts that still hold, and looked at as much as is asked for now."""
    verdicts = remembered(catalog.root, [one.directory for one in catalog.series])
    found = ((one, verdicts.get(one.id)) for one in wanted)
    return {
        one.id: verdict
        for one, verdict in found
        if verdict is not None and verdict.holds_for(one) and (verdict.contents or not contents)
    }


def _verified(
    catalog: Catalog, waiting: Sequence[Checkpoint], *, contents: bool, jobs: int
) -> dict[str, Verdict]:
    found: dict[str, Verdict] = {}
    unwritten: list[Verdict] = []
    line, stop = progress_line(), False
    try:
        for verdict in verify(
            LocalTree(catalog.root), waiting, contents=contents, jobs=jobs, cancelled=lambda: stop
        ):
            found[verdict.id] = verdict
            unwritten.append(verdict)
            if line is not None:
                line(Progress("verifying", len(found), len(waiting), verdict.id))
            if len(unwritten) >= _EVERY:
                remember(catalog, unwritten)
                unwritten = []
    finally:
        stop = True
        clear(line)
        if unwritten:
            remember(catalog, unwritten)
    return found


def _page(verdicts: Sequence[Verdict], known: Mapping[str, Verdict]) -> str:
    columns = (
        Column("CHECKPOINT"),
        Column("SIZE", right=True),
        Column("VERDICT"),
        Column("WHY", flexible=True),
    )
    rows = [
        [one.id, size(one.bytes) if one.bytes else "-", one.outcome.value, _why(one, known)]
        for one in verdicts
    ]
    counts = {outcome: sum(one.outcome is outcome for one in verdicts) for outcome in Outcome}
    sums = ", ".join(f"{count} {outcome.value}" for outcome, count in counts.items() if count)
    total = f"{counted(len(verdicts), 'checkpoint')}: {sums}" if verdicts else "no checkpoints"
    return f"{table(columns, rows, output.width())}\n\n{total}" if rows else total


def _why(one: Verdict, known: Mapping[str, Verdict]) -> str:
    if one.why:
        return one.why
    read = "sums and structure" if one.contents else "structure only"
    return f"{read}, unchanged since" if one.id in known else read


def _document(root: str, verdicts: Sequence[Verdict], known: Mapping[str, Verdict]) -> Document:
    return {
        "format": "keepstep/verify",
        "version": 1,
        "root": root,
        "checkpoints": [
            {
                "id": one.id,
                "verdict": one.outcome.value,
                "why": one.why,
                "contents": one.contents,
                "bytes": one.bytes,
                "remembered": one.id in known,
            }
            for one in verdicts
        ],
    }
