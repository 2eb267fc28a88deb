"""Hears that the review shall end: SIGTERM, SIGHUP, or a terminal that has gone.

Heard in a thread of its own, since the main thread may be waiting for the very terminal that is
gone: Textual queues what it writes, and whoever finds the queue full waits for room in it. The
signals come through `signal.set_wakeup_fd`, which needs no main thread either.
"""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Callable

_SIGNALS = (signal.SIGTERM, signal.SIGHUP)
_GONE = select.POLLHUP | select.POLLERR
OnEnd = Callable[[int, bool], None]  # the signal, and whether the terminal is gone


def listen(terminal: int, on_end: OnEnd) -> None:
    """From now on call `on_end`, never in the main thread; a terminal that went is a SIGHUP.

    To be called in the main thread, at most once in a process.
    """
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    signal.set_wakeup_fd(theirs, warn_on_full_buffer=False)
    for number in _SIGNALS:
        signal.signal(number, _heard)
    threading.Thread(
        target=_wait, args=(ours, terminal, on_end), name="told-to-end", daemon=True
    ).start()


def _heard(number: int, frame: object) -> None:
    """The number has been written to the pipe; there is nothing left to do."""


def _wait(pipe: int, terminal: int, on_end: OnEnd) -> None:
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    poll.register(terminal, 0)  # that it is gone is told unasked
    while True:
        events = dict(poll.poll())
        gone = bool(events.get(terminal, 0) & _GONE)
        if terminal in events:
            poll.unregister(terminal)  # gone, or nothing that can be polled
        if gone:
            on_end(signal.SIGHUP, True)
        elif pipe in events:
            for number in os.read(pipe, 64):
                if number in _SIGNALS:
                    on_end(number, False)
