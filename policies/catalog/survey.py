"""Look at every directory of a tree, in whatever way the disk answers soonest.

How is decided by what is measured, while it runs: a disk that answers from memory is asked by two
processes, since threads of Python would wait for each other; one that lets every call wait is
asked by many threads, up to a cap, because a shared server has other people to serve.
"""

from __future__ import annotations

import os
import resource
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import field
from typing import TypeVar

from ..late_dataclass import dataclass
from .listing import Listing, Names, Remembered, directories_in
from .lookout import OPEN_DIRECTORY, Lookout, Looks, key_of
from .tree import join

REQUESTS_VARIABLE = "KEEPSTEP_SCAN_REQUESTS"
REQUESTS = 16  # in flight at a time; 64 would be faster, and rude to the server of a cluster
_SLOW = 50e-6  # seconds that a call waits: above, threads win, and below they lose
_LONGEST = 0.005  # seconds of waiting that count for a call: one that stood still is no slow disk
_WAITING = 0.1  # of the calls; a local disk that reads ahead waits for fewer
_OF_LATE = 512  # calls that the measured pace speaks of
_FIRST_CALLS = 200  # before a second process is thought of
_PROBE = 8  # calls before any other: on a slow disk even these take their time
_WORTH_A_PROCESS = 4000  # calls to come; a second process costs some milliseconds
_SMALL = 500_000  # KiB in memory, at most, of a process that is copied
_RUSAGE = getattr(resource, "RUSAGE_THREAD", resource.RUSAGE_SELF)

T = TypeVar("T")
U = TypeVar("U")
Seen = dict[str, Listing | Remembered | OSError]


class Cancelled(Exception):  # noqa: N818 - an outcome, as in asyncio and concurrent.futures
    """Nobody waits for the survey any more."""


class Pace:
    """How long the calls of late had to wait for the disk.

    Only a thread that gives its processor up waits for a disk; one that had it taken away by other
    work has no reason to ask for more at a time.
    """

    __slots__ = ("_before", "calls", "waited")

    def __init__(self) -> None:
        self.calls = 0
        self.waited = 0.0  # seconds a call, of the last some dozen

    def start(self) -> None:
        """Some calls of this thread follow."""
        self._before = time.perf_counter(), resource.getrusage(_RUSAGE)

    def stop(self, calls: int) -> None:
        """So many there were."""
        started, before = self._before
        after = resource.getrusage(_RUSAGE)
        waited = 0.0
        if after.ru_nvcsw - before.ru_nvcsw > calls * _WAITING:
            worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            waited = max(0.0, time.perf_counter() - started - worked)
            waited = min(waited, calls * _LONGEST)
        share = min(1.0, calls / _OF_LATE) if self.calls else 1.0
        self.waited += share * (waited / calls - self.waited)
        self.calls += calls

    @property
    def is_slow(self) -> bool:
        """Whether many requests at a time would end sooner."""
        return self.waited > _SLOW


def requests_in_flight() -> int:
    """The cap on simultaneous requests, from the environment where that names a number."""
    try:
        return max(1, min(256, int(os.environ.get(REQUESTS_VARIABLE, REQUESTS))))
    except ValueError:
        return REQUESTS


@dataclass(slots=True)
class Surveyor:
    """Fills `seen`, by path, with every directory below `root` that a scan will want.

    Hidden directories are left out: a scan does not enter them, unless a checkpoint holds one.
    """

    root: str
    seen: Seen
    lookout: Lookout
    cancelled: Callable[[], bool] = lambda: False
    remembered: Mapping[str, Remembered] = field(default_factory=dict)
    requests: int = field(default_factory=requests_in_flight)
    pace: Pace = field(default_factory=Pace)
    meanwhile: Callable[[], object] = lambda: None  # done here while a second process looks
    may_fork: bool = field(default_factory=lambda: may_fork())

    def run(self) -> Iterator[dict[str, Names]]:
        """Look at all; yields the names of all directories where they are known much earlier.

        Raises Cancelled when nobody waits any more.
        """
        self.probe("", sorted(os.listdir(self.root))[:_PROBE])
        pending = [""]
        while pending:
            self.check()
            if self.many_at_a_time:
                from .survey_threads import describe_with_threads, list_with_threads

                listed = list_with_threads(self, pending)
                named = {p: self.lookout.names(x.names, x.modes) for p, x in listed.items()}
                yield self._named() | named
                pending = describe_with_threads(self, listed)
            elif self.may_fork and self._is_worth_a_process(pending):
                from .survey_process import look_with_a_second_process

                look_with_a_second_process(self, pending)
                return
            else:
                self.look(pending)

    def _named(self) -> dict[str, Names]:
        return {path: one.names for path, one in self.seen.items() if not isinstance(one, OSError)}

    @property
    def many_at_a_time(self) -> bool:
        """Whether to have many requests in flight."""
        return self.pace.is_slow and self.requests > 1

    def probe(self, path: str, names: list[str]) -> None:
        """Measure the pace by some entries of a directory, with nothing else under way."""
        self.pace.start()
        with suppress(OSError):
            self.describe(path, names)
        self.pace.stop(len(names) + 1)

    def describe(self, path: str, names: list[str]) -> Looks:
        """Look at some entries of a directory; raises OSError where it cannot be opened."""
        descriptor = os.open(self.absolute(path), OPEN_DIRECTORY)
        try:
            return Looks.at(descriptor, names)
        finally:
            os.close(descriptor)

    def absolute(self, path: str) -> str:
        """The path of a directory as system calls take it."""
        return f"{self.root}/{path}" if path else self.root

    def check(self) -> None:
        if self.cancelled():
            raise Cancelled

    def look(self, pending: list[str]) -> None:
        """Look at the last of the pending directories, and add what is below it."""
        path = pending.pop()
        if path in self.seen:
            return
        self.pace.start()
        try:
            found = self.lookout.look(self.absolute(path))
        except OSError as error:
            self.seen[path] = error
            return
        self.pace.stop(len(found.sizes) + 2)
        self.seen[path] = found
        for one in below(path, found.names.tell(directories_in)):
            pending.extend(self.recall(one))

    def recall(self, path: str) -> list[str]:
        """The directories at and below a path that need a look; the others are remembered."""
        known = self.remembered.get(path)
        if known is None:
            return [path]
        place = self.absolute(path)
        try:
            status = os.lstat(place)
            if key_of(status) != known.key or not _bear_witness(f"{place}/", known):
                return [path]
        except OSError:
            return [path]
        self.adopt(path, status.st_dev)
        inner = below(path, known.names.tell(directories_in))
        return [unknown for one in inner for unknown in self.recall(one)]

    def adopt(self, path: str, device: int) -> None:
        """Take a directory as it is remembered, but for the number of its device."""
        known = self.remembered[path]
        known.devices = device
        self.seen[path] = known

    def each(self, work: Callable[[T], U], items: Iterable[T]) -> list[U]:
        """The results for all items, in order; many at a time where every call waits."""
        if not self.many_at_a_time:
            return [work(item) for item in items]
        from .survey_threads import results

        return results(self.requests, work, items)

    def _is_worth_a_process(self, pending: list[str]) -> bool:
        """Whether much is to come, as far as the directories seen so far let expect."""
        if self.pace.calls < _FIRST_CALLS:
            return False
        return len(pending) * self.pace.calls / len(self.seen) > _WORTH_A_PROCESS


def _bear_witness(place: str, known: Remembered) -> bool:
    """Whether files are as they were; a write in place, or a link from elsewhere, shows there.

    No directory is changed by either, and with a second link nothing would be freed.
    """
    for name, size, mtime_ns in known.witnesses:
        found = os.lstat(place + name)
        if (found.st_nlink, found.st_size, found.st_mtime_ns) != (1, size, mtime_ns):
            return False
    return True


def below(path: str, directories: Iterable[str]) -> list[str]:
    """The paths of directories to look at, the first one last."""
    found = [join(path, name) for name in directories if not name.startswith(".")]
    found.reverse()
    return found


def may_fork() -> bool:
    """Only a small process of one thread: what other threads hold would stay held in its copy.

    So a training process that asks for a scan is never forked, which would also stop it a while.
    """
    if (os.cpu_count() or 1) < 2 or threading.active_count() > 1:
        return False
    if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > _SMALL:
        return False
    try:
        return len(os.listdir("/proc/self/task")) == 1  # also those that are not Python's
    except OSError:
        return False
