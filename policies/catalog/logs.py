"""The logs that one scan reads: each from where the last scan ended, within a limit.

Logs only ever grow, so what was read stays true as long as the file is the same one: its inode,
its first bytes and those before the place where reading ended. A file that shrank, or changed
without growing, is read from its start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from ..units import rounded_size
from .listing import Stat
from .tree import Folder, join

if TYPE_CHECKING:
    from .log_memory import LogMemory
    from .readers.event_file import EventScalars, Rank
    from .readers.records import RowLog, Wanted

T = TypeVar("T")
L = TypeVar("L", "EventScalars", "RowLog")

_MARK = 1024  # bytes at the start and before the offset, by which a file is known again
_LEAST = 64_000  # bytes; a shorter log is as soon read as remembered


@dataclass(frozen=True, slots=True)
class Limit:
    """How much of the event files is read at once, in bytes; what is skipped counts a tenth."""

    run: int
    scan: int


FIRST_LOOK = Limit(run=4_000_000, scan=8_000_000)  # while somebody waits for the first rows
AT_ONCE = Limit(run=16_000_000, scan=64_000_000)  # the next scan goes on
WHOLE = Limit(run=64_000_000, scan=256_000_000)  # where nothing is remembered: to decide by
WITHOUT_END = Limit(run=10**10, scan=10**11)  # where a commit depends on it


@dataclass(frozen=True, slots=True)
class Tail:
    """One log as far as it was read."""

    inode: int
    size: int  # of the file, when it was read
    mtime_ns: int
    head: bytes
    last: bytes  # before the offset
    log: EventScalars | RowLog


@dataclass(frozen=True, slots=True)
class Behind:
    """How far the event files of a folder were read that are too long to be read at once."""

    read: int  # bytes
    size: int


@dataclass(slots=True)
class Logs:
    """The reader of one scan; `root` is that whose logs are remembered, "" for none."""

    limit: Limit = WHOLE
    root: str = ""
    keep: bool = False  # whether what is read is remembered, too
    behind: dict[str, Behind] = field(default_factory=dict)  # by folder
    _spent: int = 0
    _tails: dict[str, Tail] = field(default_factory=dict)
    _memory: LogMemory | None = None

    def warnings(self) -> tuple[str, ...]:
        """What is to be said of logs that were not read to their end."""
        how = "the next scan reads on" if self.root else "the review reads them to their end"
        return tuple(
            f"{folder or '.'}: read {rounded_size(one.read)} of {rounded_size(one.size)} of event "
            f"files; their metrics are not known yet ({how})"
            for folder, one in self.behind.items()
        )

    def rounds(self, read: Callable[[], object]) -> Iterator[None]:
        """Read again and again, until nothing is left behind or no log gets any further."""
        before: dict[str, Behind] = {}
        self.limit = AT_ONCE
        while self.behind and self.behind != before:
            before, self.behind, self._spent = self.behind, {}, 0
            read()
            yield

    def save(self) -> None:
        """Remember what this scan has read."""
        if self.keep and self._memory is not None:
            self._memory.save(self._tails)

    def json_lines(self, folder: Folder, name: str, wanted: Wanted) -> RowLog | None:
        """The rows of a log of JSON objects."""
        from .readers.json_lines import read_json_lines

        known = self._known_rows(folder, name, wanted)
        return self._keep(folder, name, read_json_lines(folder, name, wanted, known))

    def table(self, folder: Folder, name: str, wanted: Wanted) -> RowLog | None:
        """The rows of a log in CSV."""
        from .readers.csv_log import read_csv_log

        known = self._known_rows(folder, name, wanted)
        return self._keep(folder, name, read_csv_log(folder, name, wanted, known))

    def events(self, folder: Folder, name: str, rank: Rank, spent: int) -> EventScalars | None:
        """The scalars of an event file; `spent` says what others of its run have cost."""
        from .readers.event_file import EventScalars, read_event_file

        left = min(self.limit.run - spent, self.limit.scan - self._spent)
        known = self._known(folder, name, EventScalars)
        read = read_event_file(folder, name, known, left, rank)
        self._spent += read.cost if read else 0
        return self._keep(folder, name, read, goes_on=read is not None and read.more)

    def _known_rows(self, folder: Folder, name: str, wanted: Wanted) -> RowLog | None:
        from .readers.records import RowLog

        log = self._known(folder, name, RowLog)
        if log is None or not log.wanted.covers(wanted):
            return None
        log.wanted = wanted
        return log

    def _known(self, folder: Folder, name: str, kind: type[T]) -> T | None:
        """What is known of the file, if it is the file that was read."""
        path = join(folder.path, name)
        tail = self._tails.get(path)
        if tail is None and self.root:
            tail = self._remembered().recall(path)
        status = folder.stat(name) if tail else None
        if tail is None or status is None or not isinstance(tail.log, kind):
            return None
        return tail.log if _is_same(folder, name, tail, status) else None

    def _keep(self, folder: Folder, name: str, log: L | None, *, goes_on: bool = False) -> L | None:
        """Note how far the file was read, if this scan goes on or the next one is to."""
        if log is None or not (goes_on or (self.root and log.offset >= _LEAST)):
            return log
        status = folder.stat(name)
        head = folder.read(name, min(_MARK, log.offset))
        start = max(0, log.offset - _MARK)
        last = folder.read(name, log.offset - start, start)
        if status and head and last:
            tail = Tail(status.inode, status.size, status.mtime_ns, head, last, log)
            self._tails[join(folder.path, name)] = tail
        return log

    def _remembered(self) -> LogMemory:
        # Loaded with the first log that there is: most runs have none.
        if self._memory is None:
            from .log_memory import LogMemory

            self._memory = LogMemory(self.root)
        return self._memory


def _is_same(folder: Folder, name: str, tail: Tail, status: Stat) -> bool:
    if status.inode != tail.inode or status.size < tail.size:
        return False
    if status.size == tail.size and status.mtime_ns != tail.mtime_ns:
        return False
    start = tail.log.offset - len(tail.last)
    return (
        folder.read(name, len(tail.head)) == tail.head
        and folder.read(name, len(tail.last), start) == tail.last
    )
