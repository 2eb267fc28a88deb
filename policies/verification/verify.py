"""Verify the checkpoints of a catalog, several at a time, newest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from enum import StrEnum
from itertools import islice

from ..catalog.measure import measure
from ..catalog.model import Checkpoint, Kind, State
from ..catalog.tree import Folder, Tree, listed
from ..late_dataclass import dataclass
from .file_checks import file_trouble

DAMAGED, CONTENTS, STRUCTURE = "damaged", "contents", "structure"  # of `Checkpoint.verified`


class Outcome(StrEnum):
    """What verification found."""

    WHOLE = "whole"
    DAMAGED = "damaged"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of one checkpoint; it holds for as long as its sums are the same.

    Length, number of files and newest write: they survive a move of the run and another mount,
    where device and inode numbers do not.
    """

    id: str
    outcome: Outcome
    why: str = ""  # what is wrong, or why nothing could be told
    contents: bool = True  # sums were compared, too, not only the structure
    bytes: int = 0  # length of all files
    files: int = 0
    newest_mtime_ns: int = 0

    def holds_for(self, one: Checkpoint) -> bool:
        """Whether the checkpoint is still what was read."""
        found = one.measure
        sums = (self.bytes, self.files, self.newest_mtime_ns)
        return found is not None and (found.apparent, found.files, found.newest_mtime_ns) == sums

    def applied(self, one: Checkpoint) -> Checkpoint:
        """The checkpoint as this verdict lets it be seen: a damaged one is not complete."""
        if one.state is not State.COMPLETE or not self.holds_for(one):
            return one
        if self.outcome is Outcome.DAMAGED:
            why = f"damaged: {self.why}"
            return replace(one, state=State.UNREADABLE, evidence=why, verified=DAMAGED)
        if self.outcome is Outcome.WHOLE:
            return replace(one, verified=CONTENTS if self.contents else STRUCTURE)
        return one


def verify(
    tree: Tree,
    checkpoints: Sequence[Checkpoint],
    *,
    contents: bool = True,
    jobs: int = 4,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[Verdict]:
    """One verdict for each, in the order given; ends early once `cancelled`.

    Reads only. One that cannot be read costs that one.
    """
    waiting = iter(checkpoints)
    with ThreadPoolExecutor(jobs) as pool:

        def begin(one: Checkpoint) -> Future[Verdict]:
            return pool.submit(verdict_on, tree, one, contents=contents, cancelled=cancelled)

        running = [begin(one) for one in islice(waiting, jobs)]
        while running:
            verdict = running.pop(0).result()
            if cancelled():
                return
            running.extend(begin(one) for one in islice(waiting, 1))
            yield verdict


def verdict_on(
    tree: Tree,
    one: Checkpoint,
    *,
    contents: bool,
    cancelled: Callable[[], bool] = lambda: False,
) -> Verdict:
    """What its files tell; nothing is told of one that is written meanwhile."""
    if one.state is not State.COMPLETE and one.verified != DAMAGED:
        return Verdict(one.id, Outcome.SKIPPED, f"{one.state.value}: {one.evidence}")
    tree = tree.anew()  # what the scan saw is not what is read now
    before = measure(tree, one.members)
    if before.errors:
        return Verdict(one.id, Outcome.SKIPPED, before.errors[0])
    why = next((trouble for trouble in _troubles(tree, one, contents, cancelled)), "")
    if measure(tree.anew(), one.members).identity != before.identity:
        return Verdict(one.id, Outcome.SKIPPED, "it changed while it was read")
    outcome = Outcome.DAMAGED if why else Outcome.WHOLE
    sums = (before.apparent, before.files, before.newest_mtime_ns)
    return Verdict(one.id, outcome, why, contents, *sums)


def _troubles(
    tree: Tree, one: Checkpoint, contents: bool, cancelled: Callable[[], bool]
) -> Iterator[str]:
    for member in one.members:
        folder, _, name = member.path.rpartition("/")
        if member.kind is Kind.DIRECTORY:
            yield from _inside(tree, listed(tree, member.path), member.path, contents, cancelled)
        elif member.kind is Kind.FILE and not cancelled():
            place = listed(tree, folder)
            if place is not None and (why := file_trouble(place, name, contents=contents)):
                yield why


def _inside(
    tree: Tree,
    folder: Folder | None,
    top: str,
    contents: bool,
    cancelled: Callable[[], bool],
) -> Iterator[str]:
    """Files of the folder, then of those below; links are not followed."""
    if folder is None:
        yield f"{top} cannot be listed"
        return
    for name in folder.names(Kind.FILE):
        if cancelled():
            return
        if why := file_trouble(folder, name, contents=contents):
            inner = folder.path.removeprefix(top).lstrip("/")
            yield f"{inner}/{why}" if inner else why
    for name in folder.names(Kind.DIRECTORY):
        yield from _inside(tree, folder.child(name), top, contents, cancelled)
