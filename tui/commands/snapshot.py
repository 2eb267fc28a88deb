"""`keepstep snapshot` and `keepstep restore`: dated copies of the newest checkpoint, and back."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import click

from ...policies.catalog.model import Catalog, Checkpoint, Series
from ...policies.catalog.scan import scan
from ...policies.decisions import Action
from ...policies.places import SNAPSHOTS
from ...policies.plan import make_plan
from ...policies.refusal import Refusal
from ...policies.rules.policy import Policy
from ...policies.snapshots.aging import aging_policy
from ...policies.snapshots.record import SnapshotRecord, snapshots_of
from ...policies.snapshots.restore import restore
from ...policies.snapshots.take import Snapshot, newest_of_each, take
from .. import output
from ..carry_out import Order, carry_out
from ..commit_text import exit_code
from ..completion import directories
from ..confirm import confirm
from ..exit_codes import DONE, INCOMPLETE
from ..quantities import counted, size, whole
from ..tables import Column, table


@click.command(
    "snapshot",
    epilog="""\b
Examples:
  keepstep snapshot run7
  keepstep snapshot run7 --keep-daily 7 --keep-weekly 4 -y
""",
)
@click.argument("directory", metavar="DIR", shell_complete=directories)
@click.option("--keep-daily", type=int, metavar="N", help="Keep the newest of N days.")
@click.option("--keep-weekly", type=int, metavar="N", help="Keep the newest of N weeks, too.")
@click.option("--keep-monthly", type=int, metavar="N", help="Keep the newest of N months, too.")
@click.option("--series", metavar="ID", help="Only of this series, where a folder holds several.")
@click.option("--copy", is_flag=True, help="Copy the bytes where blocks cannot be shared.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask before old snapshots are moved.")
def snapshot_command(
    directory: str,
    keep_daily: int | None,
    keep_weekly: int | None,
    keep_monthly: int | None,
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
    kinds = {"daily": keep_daily, "weekly": keep_weekly, "monthly": keep_monthly}
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


@click.command(
    "restore",
    epilog="""\b
Examples:
  keepstep restore run7
  keepstep restore run7 2026-11-20
""",
)
@click.argument("directory", metavar="DIR", shell_complete=directories)
@click.argument("name", required=False, metavar="[DATE]")
def restore_command(directory: str, name: str | None) -> int:
    """Bring a snapshot back as a checkpoint of the run.

    As a copy, under the name that it had; without DATE the snapshots are listed. Nothing is ever
    overwritten: what stands at the name has to go first, by a commit that can be undone.
    """
    catalog = scan(directory)
    found = list(_snapshots(catalog))
    if name is None:
        output.data(_page(catalog, found))
        return DONE
    one = _named(found, name.rstrip("/"), catalog)
    done = restore(os.path.join(catalog.root, one.folder), one.name)
    names = " and ".join(os.path.join(one.folder, member) for member in done.members)
    output.data(output.shown(f"{names} is back, from {one.id}, made of {done.how.value}"))
    _tell_newer(catalog, one)
    return DONE


@dataclass(frozen=True, slots=True)
class _Listed:
    """A snapshot as the person who scans from the root sees it."""

    id: str
    folder: str  # of the run, relative to the root
    name: str
    record: SnapshotRecord


def _snapshots(catalog: Catalog) -> Iterator[_Listed]:
    for series in catalog.series:
        folder, _, last = series.directory.rpartition("/")
        if last == SNAPSHOTS:
            for name, record in snapshots_of(os.path.join(catalog.root, folder)):
                yield _Listed(f"{series.directory}/{name}", folder, name, record)


def _named(found: Sequence[_Listed], name: str, catalog: Catalog) -> _Listed:
    meant = [one for one in found if name in (one.id, one.name)]
    if len(meant) == 1:
        return meant[0]
    if meant:
        ids = ", ".join(one.id for one in meant)
        raise Refusal(f"{name} is the date of {len(meant)} snapshots; name one of {ids}")
    lists = f"`keepstep restore {catalog.root}` lists them"
    raise Refusal(f"no snapshot {name} in {catalog.root}; {lists}")


def _tell_newer(catalog: Catalog, one: _Listed) -> None:
    """A framework resumes from the greatest number, which need not be the one that is back."""
    series = {s.id for s in catalog.series if s.directory == one.folder}
    steps = [
        (c.step, c.id)
        for c in catalog.checkpoints
        if c.series in series and c.step is not None and c.step > (one.record.step or c.step)
    ]
    if steps:
        output.note(output.shown(f"note: {max(steps)[1]} is there, too, and is newer"))


def _page(catalog: Catalog, found: Sequence[_Listed]) -> str:
    if not found:
        return output.shown(f"no snapshots in {catalog.root}")
    columns = (
        Column("SNAPSHOT"),
        Column("OF"),
        Column("STEP", right=True),
        Column("SIZE", right=True),
        Column("TAKEN"),
        Column("MADE OF"),
    )
    rows = [
        [
            *(one.id, one.record.id, whole(one.record.step), size(one.record.bytes)),
            *(one.record.taken_at, one.record.how.value),
        ]
        for one in found
    ]
    return table(columns, rows, output.width())
