"""`keepstep snapshot`: the newest checkpoint under its date, at no cost."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime

import click

from ...policies.catalog.model import Checkpoint, Series
from ...policies.catalog.scan import scan
from ...policies.decisions import Action
from ...policies.plan import make_plan
from ...policies.refusal import Refusal
from ...policies.rules.policy import Policy
from ...policies.snapshots.aging import aging_policy
from ...policies.snapshots.take import Snapshot, newest_of_each, take
from .. import output
from ..carry_out import Order, carry_out
from ..commit_text import exit_code
from ..completion import directories
from ..confirm import confirm
from ..exit_codes import DONE, INCOMPLETE
from ..quantities import counted, size


@click.command(
    "snapshot",
    epilog="""\b
Examples:
  keepstep snapshot run7
  keepstep snapshot run7 --keep-daily 7 --keep-weekly 4 -y
""",
)
@click.argument("directory", metavar="DIR", shell_complete=directories)
@click.option("--keep-daily", "daily", type=int, metavar="N", help="Keep the newest of N days.")
@click.option(
    "--keep-weekly", "weekly", type=int, metavar="N", help="Keep the newest of N weeks, too."
)
@click.option(
    "--keep-monthly", "monthly", type=int, metavar="N", help="Keep the newest of N months, too."
)
@click.option("--series", metavar="ID", help="Only of this series, where a folder holds several.")
@click.option("--copy", is_flag=True, help="Copy the bytes where blocks cannot be shared.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask before old snapshots are moved.")
def snapshot_command(
    directory: str,
    daily: int | None,
    weekly: int | None,
    monthly: int | None,
    series: str | None,
    copy: bool,
    yes: bool,
) -> int:
    """Keep the newest checkpoint under today's date.

    In snapshots/YYYY-MM-DD/ beside it, of blocks shared with it where the filesystem can (XFS,
    Btrfs), else of hard links: no space is used until the run deletes its own. A run that writes
    the same step again writes into a hard link too; --copy avoids that. With --keep-... older
    snapshots are moved to the trash, which asks first.
    """
    kinds = {"daily": daily, "weekly": weekly, "monthly": monthly}
    keep = {kind: count for kind, count in kinds.items() if count is not None}
    catalog = scan(directory)
    now = time.time()
    day = datetime.fromtimestamp(now).strftime("%Y-%m-%d")  # noqa: DTZ006 - a person's day
    found = [pair for pair in newest_of_each(catalog) if series in (None, pair[0].id)]
    if not found:
        what = f"series {series} with a" if series else ""
        raise Refusal(f"no {what} complete checkpoint in {catalog.root} to take a snapshot of")
    _refuse_several(found)
    for line, one in found:
        taken = take(catalog, line, one, now=now, day=day, link=not copy)
        output.data(output.shown(_line(taken)))
    return _aged(directory, keep, now, yes=yes) if keep else DONE


def _refuse_several(found: Sequence[tuple[Series, Checkpoint]]) -> None:
    """Dates cannot tell two models of one folder apart."""
    folders: dict[str, list[str]] = {}
    for series, _ in found:
        folders.setdefault(series.directory, []).append(series.id)
    for ids in folders.values():
        if len(ids) > 1:
            raise Refusal(f"one folder holds {' and '.join(ids)}: choose one with --series")


def _line(taken: Snapshot) -> str:
    if taken.how is None:
        return f"{taken.id} is there already: nothing newer than {taken.of} was saved"
    return f"{taken.id}: {taken.of}, {size(taken.bytes)}, made of {taken.how.value}"


def _aged(directory: str, keep: dict[str, int], now: float, *, yes: bool) -> int:
    catalog = scan(directory)
    policy: Policy | None = aging_policy(catalog, keep)
    order = Order(make_plan(catalog, policy, now=now), purge=False)
    going = [d.checkpoint.id for d in order.plan.decisions if d.action is Action.DELETE]
    if not going:
        return DONE
    output.data(output.shown(f"older than is kept: {', '.join(going)}"))
    if not confirm(f"Move {counted(len(going), 'snapshot')} to the trash?", yes=yes):
        output.note("no snapshot was moved")
        return INCOMPLETE
    outcome = carry_out(order)
    return exit_code(skipped=outcome.commit.skipped, interrupted=outcome.interrupted)
