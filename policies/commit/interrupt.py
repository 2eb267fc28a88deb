"""Let a signal end a commit between two checkpoints, never in the middle of one.

Handlers are replaced only in the main thread and only for signals that are not ignored; who
runs a commit in another thread passes its own `stop`.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Stop = Callable[[], bool]


@contextmanager
def between_items(stop: Stop | None = None) -> Iterator[Stop]:
    """A function that says whether to end; asked after each item."""
    received: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        received.append(number)

    def asked() -> bool:
        return bool(received) or (stop is not None and stop())

    replaced = {}
    if threading.current_thread() is threading.main_thread():
        for number in _SIGNALS:
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                replaced[number] = signal.signal(number, note)
    try:
        yield asked
    finally:
        for number, handler in replaced.items():
            signal.signal(number, handler)
