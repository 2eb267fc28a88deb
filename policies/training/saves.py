"""What a trainer says about a save, and what came of it: records between loop and upkeep."""

from __future__ import annotations

from dataclasses import field

from ..catalog.model import Catalog
from ..commit.results import Skipped
from ..late_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Save:
    """What a trainer says about a save that is finished; `at_ns` is when it said so."""

    path: str | None = None
    step: int | None = None
    epoch: float | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    pin_note: str | None = None  # pinned with this note, if not None
    pin_only: bool = False  # no new save: an older one is to be pinned
    recent: dict[str, tuple[float, ...]] = field(default_factory=dict)
    at_ns: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a round of upkeep found and did; all names are ids of checkpoints."""

    saved: tuple[str, ...] = ()  # that were told in this round, and are complete
    kept: int = 0  # complete checkpoints that stay
    trashed: tuple[str, ...] = ()
    trashed_bytes: int = 0
    pinned: tuple[str, ...] = ()
    purged: tuple[str, ...] = ()  # commits that left the trash for good
    purged_bytes: int = 0
    skipped: tuple[Skipped, ...] = ()
    tightened: tuple[str, ...] = ()  # how the policy was changed for once, to make room
    notes: tuple[str, ...] = ()  # what else is worth knowing, one sentence each
    errors: tuple[str, ...] = ()  # what could not be done
    busy: bool = False  # somebody else was committing; the next round does it
    newest: str = ""  # the newest complete checkpoint, "" without one
    catalog: Catalog | None = field(default=None, repr=False, compare=False)
