"""What a scan finds: frozen records that travel from the catalog to rules, plan and commit.

Nothing here reads a disk. Sizes are bytes, times are seconds or nanoseconds since the epoch
(UTC), and every path is relative to the scanned root with "/" between its parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from ..processes.activity import IDLE, Activity

NO_METRICS: Mapping[str, float] = MappingProxyType({})
MetricLog = Mapping[str, Sequence[tuple[int, float]]]  # metric -> (step, value), by step
NO_LOG: MetricLog = MappingProxyType({})


def no_log() -> MetricLog:
    """What a series without a metric log has; shared, read-only."""
    return NO_LOG


def no_metrics() -> Mapping[str, float]:
    """What a checkpoint without metrics has; shared, read-only."""
    return NO_METRICS


class Kind(StrEnum):
    """What an entry of a directory is; a link is never followed."""

    FILE = "file"
    DIRECTORY = "directory"
    LINK = "link"
    OTHER = "other"


class State(StrEnum):
    """Whether a framework could load the checkpoint, by the evidence of its layout."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    UNREADABLE = "unreadable"


class Standing(StrEnum):
    """The part a checkpoint plays in its series."""

    NUMBERED = "numbered"
    RESUME = "resume"  # a copy without a number that the framework resumes from (last.ckpt)
    BEST = "best"  # a copy without a number that the framework keeps as its best
    BASE = "base"  # what training started from; the framework never cleans it


class Role(StrEnum):
    """What a file is for, once training has ended."""

    WEIGHTS = "weights"
    ADAPTER = "adapter"
    OPTIMIZER = "optimizer"
    SCHEDULER = "scheduler"
    RNG = "rng"
    SCALER = "scaler"
    REPLAY = "replay"  # the buffer of experience in reinforcement learning
    CONFIG = "config"
    TOKENIZER = "tokenizer"
    METADATA = "metadata"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Member:
    """One top-level piece of a checkpoint; a directory stands for all that is in it."""

    path: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class SharedInode:
    """A file with several hard links: its space returns only with the last of them."""

    device: int
    inode: int
    links: int  # link count of the inode, wherever its names are
    seen: int  # how many of these names this checkpoint holds
    disk: int  # bytes on disk, once


@dataclass(frozen=True, slots=True)
class Measure:
    """Sizes of one checkpoint, and the fingerprint that a commit compares before it acts."""

    disk: int  # blocks * 512, each inode once
    apparent: int  # sum of lengths; above `disk` for sparse files
    files: int
    newest_mtime_ns: int
    identity: str  # digest of (path, kind, device, inode, size, mtime) of every file
    shared: tuple[SharedInode, ...] = ()
    roles: tuple[tuple[Role, int], ...] = ()  # apparent bytes by role, largest first
    errors: tuple[str, ...] = ()  # what could not be read; such a checkpoint is never deleted
    links: tuple[tuple[str, str], ...] = ()  # symbolic links in it: path, text
    resume: ResumeState | None = None  # what only resuming needs, in files of its own


@dataclass(frozen=True, slots=True)
class ResumeState:
    """What slimming takes from a checkpoint: optimizer, scheduler, random states, partitions."""

    folder: str  # that all of it is in, "" for the root
    names: tuple[tuple[str, Kind], ...]  # below it, in the order in which they leave
    aside: tuple[str, ...]  # files that stay under another name, so that nothing resumes from it
    measure: Measure  # sizes of the members alone, without an identity
    why_whole: str = ""  # why they cannot leave, in words

    @property
    def members(self) -> tuple[Member, ...]:
        """The names with their paths."""
        start = f"{self.folder}/" if self.folder else ""
        return tuple(Member(start + name, kind) for name, kind in self.names)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One unit that lives and dies together.

    `id` is its path relative to the root, for a set of sibling files their common prefix.
    `members` stand in the order in which they leave, so that a half-moved set never looks
    complete to its framework.
    """

    id: str
    series: str
    layout: str
    members: tuple[Member, ...]
    step: int | None = None
    epoch: float | None = None
    metrics: Mapping[str, float] = field(default_factory=no_metrics)
    state: State = State.COMPLETE
    evidence: str = ""  # why it is not complete, in words
    standing: Standing = Standing.NUMBERED
    measure: Measure | None = None  # None until it has been sized
    pointed_to_by: tuple[str, ...] = ()
    counter: int | None = None  # orders a series without counting steps: saves, dates
    weights_only: bool = False  # whole, but training cannot resume from it as from its siblings
    verified: str = ""  # by `keepstep verify`: "damaged", or whole by "contents" or "structure"

    @property
    def number(self) -> float | None:
        """What orders a series: the step where there is one, else the epoch, else a counter."""
        if self.step is not None:
            return self.step
        return self.epoch if self.epoch is not None else self.counter

    @property
    def saved_at(self) -> float | None:
        """Seconds since the epoch of the newest write; for display, never for order."""
        return None if self.measure is None else self.measure.newest_mtime_ns / 1e9

    @property
    def disk(self) -> int:
        """Bytes on disk; 0 until sized."""
        return 0 if self.measure is None else self.measure.disk

    @property
    def apparent(self) -> int:
        """Sum of file lengths in bytes; 0 until sized."""
        return 0 if self.measure is None else self.measure.apparent


@dataclass(frozen=True, slots=True)
class Series:
    """The checkpoints of one model in one place."""

    id: str  # directory and name pattern, such as run7/checkpoint-*
    layout: str
    directory: str  # relative to the root, "" for the root itself
    unit: str  # what the numbers count: "step", "epoch", or a counter: "save", "date" …
    checkpoints: int
    metric_log: MetricLog = field(default_factory=no_log, repr=False, compare=False)
    selects_by: tuple[str, str] | None = None  # the run's own best: metric, "min" or "max"


@dataclass(frozen=True, slots=True)
class Pointer:
    """Something on disk that names a checkpoint: a symlink, a tag, a framework's state."""

    path: str  # what points, relative to the root
    target: str  # as written there
    resolved: str | None  # id of the checkpoint, None when it leads nowhere
    trouble: str = ""  # "dangling", "loop", "outside the root"


class Need(StrEnum):
    """What for something needs a checkpoint that is not its own."""

    BASE = "base"  # its weights stand on it, or began with it
    RESUME = "resume"  # its training went on from it


@dataclass(frozen=True, slots=True)
class Reference:
    """Configuration of one run or checkpoint that names a checkpoint of another."""

    path: str  # the file that says so, relative to the root; beside it: "../…"
    target: str  # id of the checkpoint
    need: Need
    holder: str | None = None  # id of the checkpoint that the file belongs to


class Consequence(StrEnum):
    """The answer to "can I delete this?"."""

    SAFE = "safe"
    INCONVENIENT = "inconvenient"
    CATASTROPHIC = "catastrophic"


@dataclass(frozen=True, slots=True)
class Artifact:
    """A recognised entry that is no checkpoint."""

    path: str
    kind: str  # log, event, intermediate, visualization, config, final-model, other
    bytes: int  # on disk
    consequence: Consequence
    why: str
    growing: bool = False  # perhaps still being written; then it is not to be deleted
    measure: Measure | None = None  # of a file of its own; None for a folder or a final model


@dataclass(frozen=True, slots=True)
class Pin:
    """A person's word that a checkpoint must stay."""

    id: str
    note: str = ""
    by: str = ""
    at: str = ""  # ISO 8601, UTC


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything a scan found below one root."""

    root: str  # absolute
    series: tuple[Series, ...] = ()
    checkpoints: tuple[Checkpoint, ...] = ()  # by series, then from oldest to newest
    artifacts: tuple[Artifact, ...] = ()
    pointers: tuple[Pointer, ...] = ()
    references: tuple[Reference, ...] = ()
    pins: Mapping[str, Pin] = field(default_factory=lambda: MappingProxyType({}))
    unrecognised: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    policy_file: str | None = None  # the run's own saved policy, absolute
    activity: Activity = IDLE  # of processes on this host, at the end of the scan
    recalled: bool = field(default=False, compare=False)  # in part; a commit reads the logs anew
