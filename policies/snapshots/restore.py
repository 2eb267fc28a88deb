"""Bring a snapshot back under the name of the checkpoint that it was taken of.

As a copy, which shares no file with the snapshot: a framework may write to what it resumes from.
What stands at the name is never overwritten.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from ..catalog.local_tree import LocalTree
from ..catalog.measure import measure
from ..catalog.model import Measure, Member
from ..commit.descent import Tree
from ..commit.erase import erase
from ..commit.lock import hold
from ..commit.state import open_for_writing
from ..late_dataclass import dataclass
from ..places import SNAPSHOT_RECORD, SNAPSHOTS, STATE_DIRECTORY
from ..refusal import Refusal
from .clone import How, clone
from .record import SnapshotRecord, read_record

_UNDER_WAY = f"{STATE_DIRECTORY}/restore.new"


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did."""

    snapshot: str  # its path relative to the run
    members: tuple[str, ...]  # what is back, relative to the run
    how: How
    step: int | None


def restore(folder: str, name: str) -> Restored:
    """Bring back the snapshot `name` of the run directory `folder`.

    Raises Refusal when it is none, when it is not what was taken, or when anything stands at a
    name that it needs.
    """
    with (
        open_for_writing(folder) as state,
        hold(state.tree, STATE_DIRECTORY, "restoring a snapshot"),
    ):
        home, place = state.tree.path, f"{SNAPSHOTS}/{name}"
        record = usable(home, name)
        for member in record.members:
            if state.tree.exists(member):
                raise Refusal(
                    f"{os.path.join(home, member)} is there; a snapshot never overwrites anything"
                )
        how = _build(state.tree, place, record)
        _put_in_place(state.tree, record)
    return Restored(place, tuple(record.members), how, record.step)


def usable(folder: str, name: str) -> SnapshotRecord:
    """The record of a snapshot that can be brought back; Refusal says why it cannot."""
    place = f"{SNAPSHOTS}/{name}"
    record = read_record(os.path.join(folder, place))
    if record is None:
        raise Refusal(f"{os.path.join(folder, place)} is no snapshot")
    _refuse_changed(folder, place, record)
    return record


def _refuse_changed(home: str, place: str, record: SnapshotRecord) -> None:
    found = _measured(home, place)
    if (found.apparent, found.files, found.newest_mtime_ns) != (
        record.bytes,
        record.files,
        record.newest_mtime_ns,
    ):
        raise Refusal(
            f"{os.path.join(home, place)} is not what was taken: its files were written to since "
            "(a hard link is the same file as the original); it is left as it is"
        )


def _measured(home: str, place: str) -> Measure:
    names = sorted(os.listdir(os.path.join(home, place)))
    paths = [f"{place}/{name}" for name in names if name != SNAPSHOT_RECORD]
    tree = LocalTree(home)
    return measure(tree, [Member(path, tree.stat(path).kind) for path in paths])


def _build(tree: Tree, place: str, record: SnapshotRecord) -> How:
    erase(tree, _UNDER_WAY)  # of one that was killed
    source, target = os.path.join(tree.path, place), os.path.join(tree.path, _UNDER_WAY)
    try:
        how = clone(source, target, link=False)
        os.unlink(os.path.join(target, SNAPSHOT_RECORD))
        if record.directory:
            found = os.stat(source)
            os.utime(target, ns=(found.st_atime_ns, found.st_mtime_ns))
    except OSError as error:
        erase(tree, _UNDER_WAY)
        raise Refusal(
            f"{place} was not restored: {error.filename or target}: {error.strerror}"
        ) from None
    return how


def _put_in_place(tree: Tree, record: SnapshotRecord) -> None:
    """What makes a set look complete comes last: the reverse of how it leaves."""
    _make_parents(tree, record.members)
    if record.directory:
        tree.move(_UNDER_WAY, record.members[0])
    else:
        for member in reversed(record.members):
            tree.move(f"{_UNDER_WAY}/{os.path.basename(member)}", member)
        tree.remove_if_empty(_UNDER_WAY)
    for parent in {os.path.dirname(member) for member in record.members}:
        tree.sync(parent)


def _make_parents(tree: Tree, members: Sequence[str]) -> None:
    for member in members:
        if parent := os.path.dirname(member):
            tree.make(parent)
