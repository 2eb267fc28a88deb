"""The moving part of one commit, under its lock: intent, one item after the other, result.

Never moves anything before the intent is durable, and never ends without either a result in the
journal or the state that recovery needs to write one.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import replace

from ..catalog.model import Member
from ..decisions import Plan, Unit
from ..freed import freed
from ..places import STATE_DIRECTORY
from ..refusal import Refusal
from . import journal
from .interrupt import Stop
from .lock import host_name, user_name
from .outcome import HalfMoved, why
from .parents import remove_empty, snapshot, sync_moves
from .pin_watch import PinWatch
from .records import Event, Intent, Journal, JournalItem, JournalMember, Parent, SkippedItem
from .results import CommitResult, OnProgress, Progress, Skipped
from .revalidate import PINNED, Candidate
from .slimming import aside, pieces, staying
from .state import StateDirectory, release_room
from .trash import destination, send

Clock = Callable[[], float]


class Moving:
    """One commit under its lock, from intent to result."""

    def __init__(
        self,
        state: StateDirectory,
        plan: Plan,
        commit_id: str,
        going: Sequence[Candidate],
        watch: PinWatch,
        clock: Clock,
    ) -> None:
        self.id = commit_id
        self._state, self._plan, self._watch, self._clock = state, plan, watch, clock
        self._units = [candidate.unit for candidate in going]
        folders: dict[str, int] = {}
        self.items = tuple(
            _item(state, commit_id, number, one, folders)
            for number, one in enumerate(going, start=1)
        )
        self._trashed: list[int] = []
        self._skipped: list[SkippedItem] = []
        self._unsettled = False
        self._interrupted = False
        self._notes: list[str] = []
        self._intent = self._made_intent()
        self.written: Journal | None = None  # what is durable, once all of it is

    def begin(self) -> None:
        """Make the whole intent durable, or refuse."""
        try:
            journal.begin(self._state.tree, self._intent)
        except OSError as error:
            where = os.path.join(self._state.tree.path, STATE_DIRECTORY)
            raise Refusal(
                f"the journal in {where} cannot be written: {error.strerror}; nothing was moved"
            ) from error

    def move(self, asked: Stop, on_progress: OnProgress | None) -> None:
        """Move item by item; what cannot move is skipped and the rest goes on."""
        for item in self.items:
            if asked():
                self._interrupted = True
                return
            try:
                if self._watch.pinned_meanwhile(item.id):
                    self._skipped.append(SkippedItem(item.n, PINNED))
                else:
                    self._send(item)
                    self._trashed.append(item.n)
            except OSError as error:
                self._unsettled |= isinstance(error, HalfMoved)
                self._skipped.append(SkippedItem(item.n, why(error)))
            if on_progress is not None:
                on_progress(Progress("moving", item.n, len(self.items), item.id))

    def end(self) -> None:
        """Make the moves durable, then say in the journal that they are."""
        tree = self._state.tree
        tree.let_go()
        gone = set(self._trashed)
        sync_moves(tree, self.id, [item for item in self.items if item.n in gone])
        stayed = [item for item in self.items if item.n not in gone]
        remove_empty(tree, self.id, stayed)
        if self._unsettled:
            return  # without a result the next start puts the torn set right
        event = Event(
            "result",
            self._clock(),
            items=tuple(self._trashed),
            skipped=tuple(self._skipped),
            parents=snapshot(tree, self._paths()),
            text="interrupted" if self._interrupted else "",
        )
        try:
            journal.append(tree, self.id, event)
        except OSError as error:
            # The moves stand; the next start finds them and writes the missing line.
            self._notes.append(f"the end of the journal could not be written: {error.strerror}")
        else:
            self.written = Journal(self._intent, (event,))

    def result(self, skipped: Sequence[Skipped], notes: Sequence[str]) -> CommitResult:
        """What happened, for the caller."""
        gone = set(self._trashed)
        names = {item.n: item.id for item in self.items}
        trashed = [one for n, one in enumerate(self._units, start=1) if n in gone]
        return CommitResult(
            id=self.id,
            trashed=tuple(one.id for one in trashed),
            files=sum(one.artifact != "" for one in trashed),
            slimmed=tuple(one.id for one in trashed if one.stays),
            skipped=(*skipped, *(Skipped(names[each.n], each.why) for each in self._skipped)),
            promised=freed(trashed),
            interrupted=self._interrupted,
            notes=(*notes, *self._notes),
        )

    def _send(self, item: JournalItem) -> None:
        """Move one item; on a full disk use the room held back for its trash directory."""
        try:
            send(self._state.tree, item)
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            if not full or not release_room(self._state.tree):
                raise
            send(self._state.tree, item)

    def _paths(self) -> list[str]:
        return [member.path for item in self.items for member in item.members]

    def _made_intent(self) -> Intent:
        policy = self._plan.policy
        parents = snapshot(self._state.tree, self._paths())
        return Intent(
            id=self.id,
            root=self._plan.root,
            when=self._clock(),
            who=user_name(),
            host=host_name(),
            pid=os.getpid(),
            policy=None if policy is None else policy.document(),
            plan=_digest(self._units),
            items=self.items,
            # Making `.keepstep` has touched the directory that holds it; undo goes back further.
            parents=tuple(_before_us(parent, self._state) for parent in parents),
        )


def _item(
    state: StateDirectory, commit_id: str, number: int, going: Candidate, folders: dict[str, int]
) -> JournalItem:
    one = going.unit
    paths = [state.place(piece.path) for piece in pieces(one)]
    asides = len(one.aside)
    members = tuple(
        JournalMember(
            path,
            seen.kind,
            aside(path) if n < asides else destination(commit_id, path, folders),
            seen.device,
            seen.inode,
            seen.mtime_ns,
        )
        for n, (path, seen) in enumerate(zip(paths, going.seen, strict=True))
    )
    stays = tuple(_stays(state, member) for member in staying(one))
    measure = one.measure
    if measure is None:
        return JournalItem(number, one.id, 0, "", members, one.artifact, stays)
    linked = sum(inode.disk for inode in measure.shared if inode.links > inode.seen)
    identity = measure.identity
    return JournalItem(number, one.id, measure.disk, identity, members, one.artifact, stays, linked)


def _stays(state: StateDirectory, member: Member) -> JournalMember:
    path = state.place(member.path)
    seen = state.tree.lstat(path)
    return JournalMember(path, member.kind, "", seen.st_dev, seen.st_ino, seen.st_mtime_ns)


def _before_us(parent: Parent, state: StateDirectory) -> Parent:
    return replace(parent, mtime_ns=state.home_mtime_ns) if parent.path == "" else parent


def _digest(units: Sequence[Unit]) -> str:
    """What was to be deleted, as one short text: the same plan gives the same digest."""
    content = [[one.id, one.measure.identity if one.measure else ""] for one in units]
    return hashlib.blake2b(json.dumps(content).encode(), digest_size=16).hexdigest()
