"""`keepstep compare`: two policies on one run, and where they differ."""

from __future__ import annotations

import time
from collections.abc import Sequence

import click

from ...policies.catalog.model import Artifact, Checkpoint
from ...policies.catalog.scan import scan
from ...policies.compare import Comparison, compare
from ...policies.decisions import Plan
from ...policies.freed import Freed
from ...policies.json_text import Document
from ...policies.plan import make_plan
from ...policies.rules.policy import Policy
from ...policies.rules.preset_files import load_policy
from ...policies.slimming import dropped
from .. import output
from ..compare_text import Alone, difference_lines
from ..completion import directories, policies
from ..exit_codes import DONE
from ..plan_text import summary_line
from ..quantities import size, whole
from ..tables import Column, table

_COLUMNS = (
    Column("CHECKPOINT", flexible=True),
    Column("STEP", right=True),
    Column("SIZE", right=True),
    Column("KEPT BY"),
)


@click.command(
    "compare",
    epilog="""\b
Examples:
  keepstep compare run7 balanced conservative
  keepstep compare run7 balanced ./mine.yaml --json
""",
)
@click.argument("directory", metavar="DIR", shell_complete=directories)
@click.argument("first", metavar="A", shell_complete=policies)
@click.argument("second", metavar="B", shell_complete=policies)
@click.option("--json", "as_json", is_flag=True, help="Print the differences as JSON.")
def compare_command(directory: str, first: str, second: str, as_json: bool) -> int:
    """Show where two policies differ on a run.

    A and B are presets or policy files. Lists what A keeps and B deletes, and the other way
    round, with the space that it takes; and what one keeps whole and the other slims. Nothing
    changes.
    """
    policies = (load_policy(first), load_policy(second))
    catalog = scan(directory)
    now = time.time()
    plans = [make_plan(catalog, policy, now=now) for policy in policies]
    found = compare(*plans)
    if as_json:
        output.document(_document(catalog.root, policies, found))
    else:
        output.data("\n".join(_page((first, second), plans, found)))
    return DONE


def _page(names: tuple[str, str], plans: Sequence[Plan], found: Comparison) -> list[str]:
    a, b = map(output.shown, names)
    lines = [
        f"{name}: {summary_line(plan.summary)}" for name, plan in zip((a, b), plans, strict=True)
    ]
    rows = [_row(one, a) for one in found.only_first] + [_row(one, b) for one in found.only_second]
    rows += [_whole_row(one, a) for one in found.whole_only_first]
    rows += [_whole_row(one, b) for one in found.whole_only_second]
    rows += [_file_row(one, a) for one in found.files_only_first]
    rows += [_file_row(one, b) for one in found.files_only_second]
    if rows:
        lines += ["", table(_COLUMNS, rows, output.width())]
    return [*lines, "", *difference_lines(a, b, found)]


def _row(one: Checkpoint, name: str) -> list[str]:
    return [one.id, whole(one.step), size(one.disk), name]


def _whole_row(one: Checkpoint, name: str) -> list[str]:
    return [one.id, whole(one.step), size(dropped(one).certain), f"{name}, whole"]


def _file_row(one: Artifact, name: str) -> list[str]:
    return [one.path, whole(None), size(one.bytes), name]


def _document(root: str, policies: tuple[Policy, Policy], found: Comparison) -> Document:
    first, second = policies
    return {
        "format": "keepstep/compare",
        "version": 1,
        "root": root,
        "a": _side(
            first,
            (found.only_first, found.files_only_first),
            found.bytes_only_first,
            (found.whole_only_first, found.bytes_whole_only_first),
        ),
        "b": _side(
            second,
            (found.only_second, found.files_only_second),
            found.bytes_only_second,
            (found.whole_only_second, found.bytes_whole_only_second),
        ),
        "kept_by_both": found.kept_by_both,
        "deleted_by_both": found.deleted_by_both,
    }


def _side(
    policy: Policy, alone: Alone, freed: Freed, uncut: tuple[Sequence[Checkpoint], Freed]
) -> Document:
    """What one keeps and the other deletes; `uncut` is what it keeps whole and the other slims."""
    return {
        "policy": policy.document(),
        "keeps_alone": [*(one.id for one in alone[0]), *(one.path for one in alone[1])],
        "bytes": _bytes(freed),
        "keeps_whole_alone": [one.id for one in uncut[0]],
        "whole_bytes": _bytes(uncut[1]),
    }


def _bytes(freed: Freed) -> Document:
    return {"certain": freed.certain, "possible": freed.possible}
