"""`keepstep restore`: a snapshot comes back as a checkpoint of the run."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence

import click

from ...policies.catalog.model import Catalog, Checkpoint
from ...policies.catalog.scan import scan
from ...policies.late_dataclass import dataclass
from ...policies.places import SNAPSHOTS
from ...policies.refusal import Refusal
from ...policies.snapshots.making_way import make_way, way_for
from ...policies.snapshots.record import SnapshotRecord, snapshots_of
from ...policies.snapshots.restore import restore, usable
from .. import output
from ..commit_text import exit_code, skipped_lines
from ..completion import directories
from ..confirm import confirm
from ..exit_codes import DONE, INCOMPLETE
from ..quantities import counted, size, whole
from ..tables import Column, table


@click.command(
    "restore",
    epilog="""\b
Examples:
  keepstep restore run7
  keepstep restore run7 2026-11-20
  keepstep restore run7 2026-11-20 --current
""",
)
@click.argument("directory", metavar="DIR", shell_complete=directories)
@click.argument("name", required=False, metavar="[DATE]")
@click.option("--replace", is_flag=True, help="First move what stands at its name to the trash.")
@click.option("--current", is_flag=True, help="Newer checkpoints, too: training goes on from it.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask before anything is moved.")
def restore_command(
    directory: str, name: str | None, replace: bool, current: bool, yes: bool
) -> int:
    """Bring a snapshot back as a checkpoint of the run.

    As a copy, under the name that it had; without DATE the snapshots are listed. Nothing is ever
    overwritten: with --replace and --current what is in the way goes to the trash first, where
    `keepstep undo` finds it. What is pinned or in use does not make way.
    """
    catalog = scan(directory)
    found = list(_snapshots(catalog))
    if name is None:
        if replace or current:
            raise Refusal("--replace and --current need the DATE of a snapshot")
        output.data(_page(catalog, found))
        return DONE
    one = _named(found, name.rstrip("/"), catalog)
    usable(os.path.join(catalog.root, one.folder), one.name)  # before anything makes way for it
    going = [c.id for c in _in_the_way(catalog, one, replace=replace, current=current)]
    if going and not _way_is_made(catalog, frozenset(going), yes=yes):
        return INCOMPLETE
    done = restore(os.path.join(catalog.root, one.folder), one.name)
    names = " and ".join(os.path.join(one.folder, member) for member in done.members)
    output.data(output.shown(f"{names} is back, from {one.id}, made of {done.how.value}"))
    newer = [] if current else _newer(catalog, one)
    if newer:
        output.note(output.shown(f"note: {newer[-1].id} is there, too, and is newer"))
    return DONE


def _in_the_way(
    catalog: Catalog, one: _Listed, *, replace: bool, current: bool
) -> Iterator[Checkpoint]:
    names = {os.path.join(one.folder, member) for member in one.record.members}
    newer = {each.id for each in _newer(catalog, one)} if current else set()
    for each in catalog.checkpoints:
        at_name = any(member.path in names for member in each.members)
        if ((replace or current) and at_name) or each.id in newer:
            yield each


def _way_is_made(catalog: Catalog, going: frozenset[str], *, yes: bool) -> bool:
    """Whether everything that is in the way is in the trash now."""
    plan = way_for(catalog, going, time.time())
    listed = ", ".join(sorted(going))
    output.data(output.shown(f"to the trash: {listed}"))
    if not confirm(f"Move {counted(len(going), 'checkpoint')} to the trash?", yes=yes):
        output.note("nothing changed")
        return False
    result = make_way(plan, going)
    for line in skipped_lines(result.skipped):
        output.data(output.shown(line))
    if result.trashed:
        undo = f"`keepstep undo {catalog.root}`"
        output.data(
            output.shown(f"moved to the trash (commit {result.id}); {undo} is the way back")
        )
    if exit_code(skipped=result.skipped, interrupted=result.interrupted) != DONE:
        output.note("so nothing was restored")
        return False
    return True


def _newer(catalog: Catalog, one: _Listed) -> list[Checkpoint]:
    """Numbered ones of the same series that a framework would rather resume from, by step."""
    series = os.path.join(one.folder, one.record.series)
    step = one.record.step
    found = [
        c
        for c in catalog.checkpoints
        if c.series == series and c.step is not None and step is not None and c.step > step
    ]
    return sorted(found, key=lambda c: c.step or 0)


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
