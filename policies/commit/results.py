"""What the commit package answers: frozen records for screens, scripts and training loops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..freed import Freed


@dataclass(frozen=True, slots=True)
class Skipped:
    """A checkpoint or artifact that was left alone, and why in words."""

    id: str
    why: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a commit, an undo or a purge has come."""

    doing: str  # "checking", "moving", "restoring", "purging"
    done: int
    total: int
    id: str = ""  # the checkpoint just dealt with


@dataclass(frozen=True, slots=True)
class CommitResult:
    """What a commit did. `measured` is the change of free space, known only after a purge."""

    id: str  # "" when there was nothing to move
    trashed: tuple[str, ...] = ()
    files: int = 0  # how many of these are artifacts, not checkpoints
    slimmed: tuple[str, ...] = ()  # those of them that are still there, without what left
    skipped: tuple[Skipped, ...] = ()
    purged: bool = False
    promised: Freed = field(default_factory=Freed)
    measured: int | None = None
    interrupted: bool = False
    notes: tuple[str, ...] = ()  # what the user should know besides, one sentence each

    @property
    def checkpoints(self) -> int:
        """How many checkpoints went whole."""
        return len(self.trashed) - self.files - len(self.slimmed)


@dataclass(frozen=True, slots=True)
class UndoResult:
    """What an undo put back; `id` is "" when nothing was in the trash."""

    id: str
    restored: tuple[str, ...] = ()
    files: int = 0  # how many of these are artifacts, not checkpoints
    slimmed: int = 0  # how many had been slimmed, and are whole again
    skipped: tuple[Skipped, ...] = ()
    interrupted: bool = False
    notes: tuple[str, ...] = ()

    @property
    def checkpoints(self) -> int:
        """How many checkpoints came back whole."""
        return len(self.restored) - self.files - self.slimmed


@dataclass(frozen=True, slots=True)
class PurgeResult:
    """What a purge deleted for good; `pending` paths wait for a server or a process."""

    commits: tuple[str, ...] = ()
    bytes_promised: int = 0
    linked: int = 0  # bytes of these that further hard links can hold
    measured: int | None = None
    pending: tuple[str, ...] = ()
    less: tuple[str, ...] = ()  # why the measured change falls short of the promise
    left: tuple[str, ...] = ()  # commits whose trash had to be left alone, with the reason
    interrupted: bool = False
    notes: tuple[str, ...] = ()


_IN_TRASH = ("in trash", "partly undone", "partly purged")


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One commit as its journal tells it."""

    id: str
    when: float
    who: str
    host: str
    policy: str
    items: int
    bytes: int
    state: str  # in trash, undone, partly undone, purged, partly purged, interrupted, ...
    files: int = 0  # how many of the items are artifacts, not checkpoints
    slimmed: int = 0  # how many are the part of a checkpoint that slimming took
    ended: float = 0.0  # when the last that happened to it ended, in seconds since the epoch

    @property
    def is_in_trash(self) -> bool:
        """Whether something of it can be put back, or purged."""
        return self.state in _IN_TRASH

    @property
    def checkpoints(self) -> int:
        """How many of the items are whole checkpoints."""
        return self.items - self.files - self.slimmed


OnProgress = Callable[[Progress], None]
