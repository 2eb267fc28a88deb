"""What a plan consists of: one decision, and why, for each checkpoint and artifact, and sums.

Frozen records only; `plan.py` makes them, `explain.py` words them, `commit/` acts on them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from enum import StrEnum
from itertools import chain
from typing import overload

from .catalog.model import Artifact, Catalog, Checkpoint, Kind, Measure, Member, Pin
from .freed import Freed
from .late_dataclass import dataclass
from .rules.policy import Policy
from .rules.rule import NO_FACTS, Facts
from .rules.setting import NOWHERE, LocalTime, Setting, machine_time


class Action(StrEnum):
    """What happens to a checkpoint; an open set, from mildest to hardest."""

    KEEP = "keep"
    SLIM = "slim"
    DELETE = "delete"


class Source(StrEnum):
    """Where a reason comes from."""

    RULE = "rule"
    PROTECTION = "protection"
    HAND = "hand"  # a person marked it for deletion or for slimming


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, as data; `explain.py` words it.

    `rule` is the position in the policy, since a kind can stand there twice.
    """

    source: Source
    name: str
    rule: int | None = None
    facts: Facts = field(default_factory=lambda: NO_FACTS)


@dataclass(frozen=True, slots=True)
class Unit:
    """What a commit moves as one: a checkpoint, a part of one, or the file of an artifact."""

    id: str
    members: tuple[Member, ...]
    measure: Measure | None
    artifact: str = ""  # its class; "" for a checkpoint
    stays: tuple[Member, ...] = ()  # of a checkpoint that is slimmed: what its members are
    aside: tuple[str, ...] = ()  # likewise: files of it that only get another name


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to one checkpoint. `reasons` holds what keeps it, or the hand mark.

    Why a rule does *not* keep a deleted one is worked out when it is shown (`explain.py`).
    """

    checkpoint: Checkpoint
    action: Action
    reasons: tuple[Reason, ...]
    tier: int | None = None
    protected: bool = False  # by something that a hand mark cannot override

    @property
    def unit(self) -> Unit:
        """The checkpoint as a commit sees it."""
        one = self.checkpoint
        if self.action is Action.SLIM and one.measure is not None and one.measure.resume:
            resume = one.measure.resume
            # The sizes of what leaves, with the fingerprint of the whole.
            measure = replace(
                resume.measure, identity=one.measure.identity, errors=one.measure.errors
            )
            return Unit(one.id, resume.members, measure, "", one.members, resume.aside)
        return Unit(one.id, one.members, one.measure)


@dataclass(frozen=True, slots=True)
class ArtifactDecision:
    """What happens to one artifact of a named class, or marked, and all that says so."""

    artifact: Artifact
    action: Action
    reasons: tuple[Reason, ...]

    @property
    def unit(self) -> Unit:
        """The file as a commit sees it."""
        one = self.artifact
        return Unit(one.path, (Member(one.path, Kind.FILE),), one.measure, one.kind)


class Decisions(Sequence[Decision]):
    """One decision for each checkpoint, in catalog order, put together when it is looked at.

    What happens to all of them is known at once (`actions`); the reasons of those that nobody
    looks at are never gathered.
    """

    __slots__ = ("_all", "_build", "_build_all", "actions", "tiers")

    def __init__(
        self,
        actions: Sequence[Action],
        build: Callable[[int], Decision],
        build_all: Callable[[Sequence[Action]], tuple[Decision, ...]],
        tiers: Callable[[], Sequence[int | None]],
    ) -> None:
        self.actions = actions
        self.tiers = tiers
        self._build = build
        self._build_all = build_all
        self._all: tuple[Decision, ...] | None = None

    def __len__(self) -> int:
        return len(self.actions)

    @overload
    def __getitem__(self, index: int) -> Decision: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Decision, ...]: ...
    def __getitem__(self, index: int | slice) -> Decision | tuple[Decision, ...]:
        if isinstance(index, slice) or self._all is not None:
            return self._gathered()[index]
        return self._build(range(len(self.actions))[index])

    def __iter__(self) -> Iterator[Decision]:
        return iter(self._gathered())

    def _gathered(self) -> tuple[Decision, ...]:
        if self._all is None:
            self._all = self._build_all(self.actions)
        return self._all


@dataclass(frozen=True, slots=True)
class Summary:
    """The numbers of the line that never leaves the screen; sizes in bytes on disk."""

    keep: int = 0
    slim: int = 0
    delete: int = 0
    total_bytes: int = 0
    total_apparent: int = 0
    freed: Freed = field(default_factory=Freed)
    metric_unknown: int = 0  # kept for no other reason than an unknown metric
    unsized: int = 0  # kept because their size is not known yet
    artifacts: int = 0  # files that go besides the checkpoints

    @property
    def going(self) -> int:
        """Everything that a commit would move, whole or in part."""
        return self.delete + self.slim + self.artifacts


@dataclass(frozen=True, slots=True)
class SeriesEvaluation:
    """What each rule kept in one series: positions in `items`, by rule position."""

    items: tuple[Checkpoint, ...]
    kept: tuple[Mapping[int, Facts], ...]
    setting: Setting = NOWHERE


@dataclass(frozen=True, slots=True)
class Plan:
    """Decisions in catalog order, the policy that made them, and the sums."""

    catalog: Catalog
    policy: Policy | None
    decisions: Sequence[Decision]
    summary: Summary
    pins: Mapping[str, Pin]
    marks: frozenset[str]
    warnings: tuple[str, ...] = ()
    evaluations: Mapping[str, SeriesEvaluation] = field(default_factory=dict)  # by series
    now: float = 0.0  # when it was made, in seconds since the epoch
    local_time: LocalTime = machine_time  # how calendar rules read save times
    artifacts: tuple[ArtifactDecision, ...] = ()  # of classes that the policy names, and marked
    slim_marks: frozenset[str] = frozenset()

    @property
    def root(self) -> str:
        """The scanned directory, absolute."""
        return self.catalog.root

    @property
    def actions(self) -> Sequence[Action]:
        """What happens to each checkpoint, in catalog order, without the reasons."""
        if isinstance(self.decisions, Decisions):
            return self.decisions.actions
        return [decision.action for decision in self.decisions]

    @property
    def tiers(self) -> Sequence[int | None]:
        """The tier of each checkpoint, in catalog order, without the reasons."""
        if isinstance(self.decisions, Decisions):
            return self.decisions.tiers()
        return [decision.tier for decision in self.decisions]

    @property
    def doomed(self) -> tuple[Unit, ...]:
        """Everything that goes, checkpoints before artifacts, in catalog order."""
        every: Iterable[Decision | ArtifactDecision] = chain(self.decisions, self.artifacts)
        return tuple(one.unit for one in every if one.action is not Action.KEEP)
