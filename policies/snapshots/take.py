"""Take a snapshot of the newest complete checkpoint of each series.

It is built in `.keepstep` and renamed into `snapshots/` when it is whole, so that a killed one is
never seen. A checkpoint that is written meanwhile is no snapshot.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ..catalog.local_tree import LocalTree
from ..catalog.measure import measure
from ..catalog.model import Catalog, Checkpoint, Kind, Series, Standing, State
from ..commit.descent import Tree
from ..commit.erase import erase
from ..commit.lock import hold
from ..commit.state import open_for_writing
from ..places import SNAPSHOTS, STATE_DIRECTORY
from ..refusal import Refusal
from .clone import How, clone, dearest
from .record import FORMAT, VERSION, SnapshotRecord, snapshots_of, write_record

_UNDER_WAY = f"{STATE_DIRECTORY}/snapshot.new"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One snapshot, taken now or there already."""

    id: str  # its path relative to the root
    of: str  # id of the checkpoint
    how: How | None  # None: it was there already
    bytes: int = 0  # apparent size


def newest_of_each(catalog: Catalog) -> Iterator[tuple[Series, Checkpoint]]:
    """What is worth a snapshot: complete, numbered, and no snapshot itself."""
    for series in catalog.series:
        if series.directory.rpartition("/")[2] == SNAPSHOTS:
            continue
        items = [
            one
            for one in catalog.checkpoints
            if one.series == series.id
            and one.state is State.COMPLETE
            and one.standing is Standing.NUMBERED
            and one.number is not None
        ]
        if items:
            yield series, items[-1]


def take(
    catalog: Catalog, series: Series, one: Checkpoint, *, now: float, day: str, link: bool = True
) -> Snapshot:
    """A snapshot of one checkpoint in `snapshots/<day>/` beside it.

    `now` is seconds since the epoch, `day` its date in local time; `link` allows hard links where
    the filesystem cannot share blocks. Raises Refusal when the
    checkpoint changes or the copy fails; then nothing is left behind.
    """
    folder = os.path.join(catalog.root, series.directory) if series.directory else catalog.root
    with (
        open_for_writing(folder) as state,
        hold(state.tree, STATE_DIRECTORY, "taking a snapshot"),
    ):
        home = state.tree.path
        members = [os.path.relpath(os.path.join(catalog.root, m.path), home) for m in one.members]
        there = snapshots_of(home)
        family = os.path.relpath(os.path.join(catalog.root, series.id), home)
        _refuse_another_series(home, family, there)
        same = next((name for name, record in there if _is_of(record, members, one)), None)
        if same is not None:
            return Snapshot(_id(catalog, home, f"{SNAPSHOTS}/{same}"), one.id, None)
        place = f"{SNAPSHOTS}/{_free_name(day, now, {name for name, _ in there})}"
        how = _build(catalog, one, family, state.tree, members, now, link)
        state.tree.make(SNAPSHOTS)
        state.tree.move(_UNDER_WAY, place)
        state.tree.sync(SNAPSHOTS)
    return Snapshot(_id(catalog, home, place), one.id, how, one.apparent)


def _id(catalog: Catalog, home: str, place: str) -> str:
    return os.path.relpath(os.path.join(home, place), catalog.root)


def _refuse_another_series(
    home: str, family: str, there: Sequence[tuple[str, SnapshotRecord]]
) -> None:
    """By their dates those of two models would push each other out."""
    other = next((record.series for _, record in there if record.series != family), None)
    if other is not None:
        folder = os.path.join(home, SNAPSHOTS)
        raise Refusal(f"{folder} holds snapshots of {other}; {family} cannot have its own there")


def _is_of(record: SnapshotRecord, members: Sequence[str], one: Checkpoint) -> bool:
    found = one.measure
    return (
        found is not None
        and record.members == list(members)
        and (record.bytes, record.files) == (found.apparent, found.files)
        and record.newest_mtime_ns == found.newest_mtime_ns
    )


def _free_name(day: str, now: float, there: set[str]) -> str:
    """The date; where that is taken, with the time."""
    if day not in there:
        return day
    name = f"{day}_{datetime.fromtimestamp(now).strftime('%H%M%S')}"  # noqa: DTZ006 - as the day
    if name in there:
        raise Refusal(f"a snapshot {name} was taken in this very second")
    return name


def _build(
    catalog: Catalog,
    one: Checkpoint,
    family: str,
    tree: Tree,
    members: Sequence[str],
    now: float,
    link: bool,
) -> How:
    """Copy everything below `.keepstep`, and write down what it was."""
    before = measure(LocalTree(catalog.root), one.members)
    erase(tree, _UNDER_WAY)  # of one that was killed
    target = os.path.join(tree.path, _UNDER_WAY)
    directory = len(one.members) == 1 and one.members[0].kind is Kind.DIRECTORY
    try:
        if directory:
            source = os.path.join(tree.path, members[0])
            how = clone(source, target, link=link)
        else:
            os.mkdir(target)
            how = dearest(_copies(tree.path, members, target, link))
        if measure(LocalTree(catalog.root), one.members).identity != before.identity:
            raise Refusal(f"{one.id} changed while it was copied; no snapshot was taken")
        record = SnapshotRecord(
            FORMAT,
            VERSION,
            family,
            os.path.relpath(os.path.join(catalog.root, one.id), tree.path),
            list(members),
            one.step,
            one.epoch,
            datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            how,
            directory,
            before.apparent,
            before.files,
            before.newest_mtime_ns,
        )
        write_record(target, record)
        if directory:
            found = os.stat(source)
            os.utime(target, ns=(found.st_atime_ns, found.st_mtime_ns))
    except OSError as error:
        erase(tree, _UNDER_WAY)
        raise Refusal(
            f"no snapshot of {one.id} was taken: {error.filename or target}: {error.strerror}"
        ) from None
    except Refusal:
        erase(tree, _UNDER_WAY)
        raise
    return how


def _copies(home: str, members: Sequence[str], target: str, link: bool) -> list[How]:
    names = [os.path.basename(name) for name in members]
    if len(set(names)) < len(names):
        raise Refusal(
            f"{members[0]} and {len(members) - 1} more: a snapshot holds them in one folder, "
            "where two would have the same name"
        )
    pairs = zip(members, names, strict=True)
    return [clone(f"{home}/{member}", f"{target}/{name}", link=link) for member, name in pairs]
