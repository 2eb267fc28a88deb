"""What a layout reports about one folder, before ids, sizes and pointers are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Protocol

from ..late_dataclass import dataclass
from .model import Consequence, MetricLog, Standing, State, no_log, no_metrics
from .tree import Folder


@dataclass(frozen=True, slots=True)
class Sighting:
    """One checkpoint, by names relative to its folder.

    `family` is the name with its numbers replaced by "*": what tells the series of one model
    from another's in the same folder; a copy without a number may leave it "" and joins the only
    series there is. `members` stand in the order in which they may leave; one may lie in a
    sub-folder ("part/name"). A `counter` orders the series where nothing counts steps or epochs.
    """

    name: str
    family: str
    members: tuple[str, ...]
    step: int | None = None
    epoch: float | None = None
    metrics: Mapping[str, float] = field(default_factory=no_metrics)
    state: State = State.COMPLETE
    evidence: str = ""
    standing: Standing = Standing.NUMBERED
    counter: int | None = None
    counts: str = "number"  # what the counter counts: "save", "iteration", "date" …
    weights_only: bool = False  # nothing but what resuming needs is missing


@dataclass(frozen=True, slots=True)
class FinalModel:
    """The un-numbered model that training ended with; its names in the folder."""

    names: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Tag:
    """Text inside a file that names a checkpoint, such as best_model_checkpoint."""

    path: str  # relative to the folder
    target: str  # as written
    meaning: str = ""  # "best", "resume", …
    hint: bool = False  # it may name something else: report it only if it leads somewhere


@dataclass(frozen=True, slots=True)
class Sundry:
    """An entry that is no checkpoint, classed by what surrounds it and not by its name alone."""

    name: str
    kind: str
    consequence: Consequence
    why: str


@dataclass(frozen=True, slots=True)
class Sightings:
    """All that one layout recognises in one folder."""

    checkpoints: tuple[Sighting, ...] = ()
    finals: tuple[FinalModel, ...] = ()
    tags: tuple[Tag, ...] = ()
    sundries: tuple[Sundry, ...] = ()
    claimed: tuple[str, ...] = ()  # further names that belong to the layout (pointer files)
    metric_log: MetricLog = field(default_factory=no_log)  # of the checkpoints above
    selects_by: tuple[str, str] | None = None  # the run's own best: metric, "min" or "max"

    def names(self) -> set[str]:
        """Every name in the folder that is spoken for."""
        names = {member for one in self.checkpoints for member in one.members}
        names.update(name for final in self.finals for name in final.names)
        names.update(sundry.name for sundry in self.sundries)
        names.update(self.claimed)
        return names


class Layout(Protocol):
    """How one framework, or family of frameworks, lays out checkpoints.

    Adding one is a file in `layouts/`, a row in `layouts/__init__.py` and a test.
    """

    name: str

    def recognise(self, folder: Folder) -> Sightings:
        """What this layout knows in the folder; names it does not know it leaves alone."""
