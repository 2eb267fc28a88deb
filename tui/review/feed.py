"""Scans in a thread, and hands the events over in batches.

It starts before Textual is imported: by the time there is a screen, most runs are known.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator

from ...policies.catalog.scan import ScanEvent, Sized
from ...policies.refusal import Refusal

_EVERY = 0.1  # seconds between two pieces of news about sizes
Scanner = Callable[[Callable[[], bool]], Iterable[ScanEvent]]


def scanner(root: str, *, remember: bool = False) -> Scanner:
    """The scan of a root, as a feed wants it; a new look at everything."""

    def events(cancelled: Callable[[], bool]) -> Iterator[ScanEvent]:
        from ...policies.catalog.scan import scan_events

        yield from scan_events(root, remember=remember, read_on=True, cancelled=cancelled)

    return events


class Feed:
    """One scan: events wait here until somebody drains them."""

    def __init__(self, scan: Scanner, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._scan = scan
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: list[ScanEvent] = []
        self._listener: Callable[[], None] | None = None
        self._cancelled = threading.Event()
        self._thread = threading.Thread(target=self._run, name="scan", daemon=True)
        self.trouble = ""  # why the scan ended before its end
        self.ended = False

    def start(self) -> Feed:
        self._thread.start()
        return self

    def cancel(self) -> None:
        self._cancelled.set()

    def join(self) -> None:
        """Wait for the end of the scan."""
        self._thread.join()

    def listen(self, listener: Callable[[], None]) -> None:
        """Call this, from the scanning thread, whenever there is news; once at once."""
        self._listener = listener
        listener()

    def drain(self) -> list[ScanEvent]:
        """What has come since the last time."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        return waiting

    def _run(self) -> None:
        told = 0.0
        try:
            for event in self._scan(self._cancelled.is_set):
                with self._lock:
                    self._waiting.append(event)
                now = self._clock()
                if not isinstance(event, Sized) or now - told >= _EVERY:
                    told = now
                    self._tell()
        except Refusal as refusal:
            self.trouble = str(refusal)
        except Exception as error:  # a thread that dies unheard would look like an endless scan
            self.trouble = f"{type(error).__name__}: {error}"
        finally:
            self.ended = True
            self._tell()

    def _tell(self) -> None:
        listener = self._listener
        if listener is not None and not self._cancelled.is_set():
            listener()
