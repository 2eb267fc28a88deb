"""Empty the trash: the only thing that frees space, and the only one that cannot be undone.

Never follows a symbolic link; what a server or a process still holds is reported as pending.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from ..disk_space import disk_space
from ..places import STATE_DIRECTORY
from ..refusal import Refusal
from ..units import FreeSpace
from . import journal
from .descent import Tree
from .emptying import empty, sweep_leftovers
from .folded import fold, is_known
from .interrupt import Stop, between_items
from .lock import hold
from .records import Journal
from .recovery import recover_in
from .results import OnProgress, PurgeResult
from .safety import refuse_root
from .shortfall import shortfall
from .state import free_bytes, open_if_present

Clock = Callable[[], float]


def purge(
    root: str,
    *,
    older_than: float | None = None,
    below: FreeSpace | None = None,
    commit_id: str | None = None,
    on_progress: OnProgress | None = None,
    clock: Clock = time.time,
    stop: Stop | None = None,
) -> PurgeResult:
    """Delete what is in the trash: all of it, one commit, or commits older than some seconds.

    With `below` the oldest commits go, and only as long as less than that is free on the disk.
    """
    refuse_root(root)
    with open_if_present(root) as state:
        if state is None or (commit_id and not is_known(state.tree, commit_id)):
            if commit_id:
                raise journal.unknown_commit(root, commit_id)
            return PurgeResult()
        tree = state.tree
        with hold(tree, STATE_DIRECTORY, "purging", clock), between_items(stop) as asked:
            before = free_bytes(tree)
            emptying = _Emptying(tree, clock, on_progress, asked)
            emptying.notes += recover_in(tree, clock)
            for record in emptying.known(commit_id):
                if below is not None and not disk_space(tree.fd).lacks(below):
                    break
                if older_than is None or clock() - record.intent.when > older_than:
                    emptying.empty(record)
            if not asked():
                fold(tree)
            return emptying.result(free_bytes(tree) - before)


class _Emptying:
    """One purge under its lock, commit by commit."""

    def __init__(
        self, tree: Tree, clock: Clock, on_progress: OnProgress | None, asked: Stop
    ) -> None:
        self._tree, self._clock, self._on_progress, self._asked = tree, clock, on_progress, asked
        self.commits: list[str] = []
        self.bytes = self.linked = 0
        self.pending: list[str] = []
        self.left: list[str] = []
        self.notes: list[str] = []
        self.interrupted = False

    def known(self, commit_id: str | None) -> list[Journal]:
        """The commits with something in the trash, oldest first; others are noted, not touched."""
        found: list[Journal] = []
        journals = set(journal.commit_ids(self._tree))
        for each in journal.ids_in_trash(self._tree):
            if commit_id not in (None, each):
                continue
            try:
                record = journal.read(self._tree, each) if each in journals else None
            except Refusal as refusal:
                self.left.append(f"{refusal}; its trash was left alone")
                continue
            if record is None:
                self.left.append(f"the trash of {each} has no journal and was left alone")
            elif record.open_step in ("commit", "undo"):
                # A set of which a part is in place must not lose the rest of it.
                self.left.append(
                    f"the trash of {each} was left alone: its {record.open_step} was interrupted "
                    "and cannot be put right yet"
                )
            else:
                found.append(record)
        return found

    def empty(self, record: Journal) -> None:
        """Purge one commit, or sweep up what an earlier purge could not delete."""
        if self._asked():
            self.interrupted = True
            return
        if not record.in_trash:
            self.pending += sweep_leftovers(self._tree, record)
            return
        try:
            gone, left = empty(self._tree, record, self._clock, self._on_progress, self._asked)
        except OSError as error:
            self.left.append(
                f"commit {record.intent.id} was not purged: its journal cannot be written "
                f"({error.strerror})"
            )
            return
        self.pending += left
        self.bytes += sum(item.bytes for item in gone)
        self.linked += sum(item.linked for item in gone)
        self.interrupted |= len(gone) < len(record.in_trash)
        if gone:
            self.commits.append(record.intent.id)

    def result(self, measured: int) -> PurgeResult:
        """All of it, with the measured change of free space in bytes."""
        promised = self.bytes, self.linked
        less = shortfall(self._tree.path, *promised, measured, self.pending)
        return PurgeResult(
            commits=tuple(self.commits),
            bytes_promised=self.bytes,
            linked=self.linked,
            measured=measured if self.commits else None,
            pending=tuple(self.pending),
            less=less if self.commits else (),
            left=tuple(self.left),
            interrupted=self.interrupted,
            notes=tuple(self.notes),
        )
