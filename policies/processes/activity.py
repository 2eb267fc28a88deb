"""What the processes of this host do with a directory: frozen records, without any system call."""

from __future__ import annotations

from ..late_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file that a process has open or mapped into its memory."""

    path: str  # relative to the root
    writing: bool


@dataclass(frozen=True, slots=True)
class Process:
    """A process that has files open below the root, or works there."""

    pid: int
    command: str  # program and first argument, such as "python train.py"
    files: tuple[OpenFile, ...] = ()
    folder: str | None = None  # working directory relative to the root; None: elsewhere

    @property
    def written(self) -> int:
        """How many files it has open for writing."""
        return sum(file.writing for file in self.files)

    @property
    def paths(self) -> tuple[str, ...]:
        """Everything below the root that would be missed if it went."""
        files = tuple(file.path for file in self.files)
        return files if self.folder is None else (*files, self.folder)


@dataclass(frozen=True, slots=True)
class Activity:
    """The processes that use a root, by pid, and how many could not be looked into."""

    processes: tuple[Process, ...] = ()
    unseen: int = 0

    @property
    def writers(self) -> tuple[Process, ...]:
        """Those that write: most likely a training run that is alive."""
        return tuple(one for one in self.processes if one.written)


IDLE = Activity()
