"""Notices that a run goes on: looks now and then at the times of the places where saves arrive.

Only directories that hold checkpoints, those above them, and what is being written: a few calls
each time, on any filesystem. Events of the kernel would come for none of the network filesystems
that runs lie on, and cost a watch for every directory.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping

from ...policies.catalog.model import Catalog, State
from ...policies.protections import BEING_WRITTEN

_EVERY = 2.0  # seconds between two looks
_REST = 10.0  # between two scans that nobody asked for, in times of what one takes
_SHARE = 50  # a look may take one part in so many of the time
_PATIENCE = 15.0  # seconds after which news is told although it still changes
_MOST_GROWING = 20  # of what is being written; the newest
_Seen = tuple[int, int, int] | None  # time, inode and length; None where nothing is


def places_of(catalog: Catalog, now: float) -> tuple[str, ...]:
    """What to look at, absolute: folders that checkpoints arrive in, and those that still grow."""
    folders = {""}
    for series in catalog.series:
        folder = series.directory
        while folder:
            folders.add(folder)
            folder = os.path.dirname(folder)
    growing = [
        one
        for one in catalog.checkpoints
        if one.state is not State.COMPLETE
        and (one.saved_at is None or now - one.saved_at < BEING_WRITTEN)
    ]
    members = [member.path for one in growing[-_MOST_GROWING:] for member in one.members]
    return tuple(os.path.join(catalog.root, place) for place in (*sorted(folders), *members))


class Watch:
    """Calls a listener, from a thread of its own, when something changed and has come to rest."""

    def __init__(
        self,
        *,
        every: float = _EVERY,
        rest: float = _REST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.rest = rest
        self._every = every
        self._clock = clock
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._seen: dict[str, _Seen] = {}
        self._thread: threading.Thread | None = None
        self._changed_at: float | None = None

    def start(self, listener: Callable[[], None]) -> None:
        """Begin to look; nothing is looked at before `look_at`."""
        self._thread = threading.Thread(
            target=self._run, args=(listener,), name="watch", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """No call after this one has returned, but for one that has begun."""
        self._ended.set()

    def look_at(self, places: Iterable[str], since: float) -> None:
        """From now on look at these.

        What has changed since a moment (seconds since the epoch), when the scan that named them
        began, is news: the scan may have passed by before.
        """
        fresh = _looked(places)
        with self._lock:
            for place, seen in fresh.items():
                if place in self._seen:
                    fresh[place] = self._seen[place]  # as it was before that scan
                elif seen is not None and seen[0] >= since * 1e9:
                    fresh[place] = None
            self._seen = fresh

    def _run(self, listener: Callable[[], None]) -> None:
        wait = self._every
        while not self._ended.wait(wait):
            begun = self._clock()
            if self.look(begun):
                listener()
            wait = max(self._every, _SHARE * (self._clock() - begun))

    def look(self, now: float) -> bool:
        """One look; whether there is news to tell."""
        with self._lock:
            before = self._seen
        seen = _looked(before)
        with self._lock:
            if self._seen is not before:
                return False  # other places were named meanwhile
            self._seen = seen
        if seen != before:
            first = self._changed_at is None
            self._changed_at = now if self._changed_at is None else self._changed_at
            if first or now - self._changed_at < _PATIENCE:
                return False
        told = self._changed_at is not None
        self._changed_at = None
        return told


def _looked(places: Iterable[str] | Mapping[str, _Seen]) -> dict[str, _Seen]:
    return {place: _one(place) for place in places}


def _one(place: str) -> _Seen:
    try:
        status = os.stat(place, follow_symlinks=False)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size
