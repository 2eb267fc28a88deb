"""What a journal holds: the whole intent of a commit, then one event for each thing that ended.

Plain records; `journal.py` writes and reads them. Paths are relative to the directory that
holds `.keepstep`, items are named by their number in the intent.
"""

from __future__ import annotations

from typing import Any

from ..late_dataclass import dataclass

FORMAT = "keepstep/journal"
VERSION = 1


@dataclass(frozen=True, slots=True)
class JournalMember:
    """One piece of a checkpoint: where it was, where in the trash it goes, and which it is."""

    path: str
    kind: str
    to: str
    device: int
    inode: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class JournalItem:
    """One checkpoint or artifact of a commit; members in the order in which they leave."""

    n: int
    id: str
    bytes: int
    identity: str
    members: tuple[JournalMember, ...]
    artifact: str = ""  # its class; "" for a checkpoint
    stays: tuple[JournalMember, ...] = ()  # of one that is slimmed: what stays; `to` is ""
    linked: int = 0  # how many of its bytes further hard links, outside of it, can hold


@dataclass(frozen=True, slots=True)
class Parent:
    """A directory that lost entries, and its modification time at the moment of writing."""

    path: str
    mtime_ns: int
    mode: int = 0o755


@dataclass(frozen=True, slots=True)
class Intent:
    """The first line: everything that is needed to finish, to roll back and to undo."""

    id: str
    root: str
    when: float
    who: str
    host: str
    pid: int
    policy: dict[str, Any] | None
    plan: str  # digest of what was to be deleted
    items: tuple[JournalItem, ...]
    parents: tuple[Parent, ...]
    format: str = FORMAT
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class SkippedItem:
    """An item that stayed where it was, and why."""

    n: int
    why: str


@dataclass(frozen=True, slots=True)
class Event:
    """A later line. `settled` stands last in the line: whether recovery has nothing to do."""

    line: str  # result, recovered, undo-intent, undone, purge-intent, purged
    at: float
    items: tuple[int, ...] = ()
    skipped: tuple[SkippedItem, ...] = ()
    parents: tuple[Parent, ...] = ()
    text: str = ""
    settled: bool = True


@dataclass(frozen=True, slots=True)
class Journal:
    """All that is known of one commit."""

    intent: Intent
    events: tuple[Event, ...] = ()

    @property
    def open_step(self) -> str:
        """What was interrupted: "commit", "undo", "purge", or "" when everything ended."""
        if not self.events:
            return "commit"
        last = self.events[-1]
        return "" if last.settled else last.line.removesuffix("-intent")

    @property
    def trashed(self) -> frozenset[int]:
        """Items that were ever moved to the trash, as far as it was written down."""
        return self._items("result", "recovered")

    @property
    def restored(self) -> frozenset[int]:
        """Items that were put back."""
        return self._items("undone")

    @property
    def purged(self) -> frozenset[int]:
        """Items that are deleted, or whose deletion was begun: they cannot be put back."""
        begun = self.events[-1].items if self.open_step == "purge" else ()
        return self._items("purged") | frozenset(begun)

    @property
    def in_trash(self) -> frozenset[int]:
        """Items that can be put back."""
        return self.trashed - self.restored - self.purged

    def chosen(self, numbers: frozenset[int]) -> tuple[JournalItem, ...]:
        """The items of these numbers, in the order in which they left."""
        return tuple(item for item in self.intent.items if item.n in numbers)

    def parents_after(self) -> dict[str, int]:
        """Modification times of the parents right after the commit, where it got that far."""
        for event in self.events:
            if event.line == "result":
                return {parent.path: parent.mtime_ns for parent in event.parents}
        return {}

    def _items(self, *lines: str) -> frozenset[int]:
        return frozenset(n for event in self.events if event.line in lines for n in event.items)
