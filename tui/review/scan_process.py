"""Runs a later scan in a process of its own, so that no key waits for it.

Not a fork: by then there are threads, and a fork would take over their locks.
"""

from __future__ import annotations

import os
import signal
import sys

from ...policies.catalog.scan import scan_events
from .child_scan import received, send
from .feed import Scanner

_REMEMBER = "remember"


def scan_in_process(root: str, *, remember: bool = False) -> Scanner:
    """Start a new look at everything now; the scanner gives its events, once. OSError if not."""
    reader, writer = os.pipe()
    words = [root, _REMEMBER] if remember else [root]
    try:
        # -P: nothing is imported from where somebody happens to stand.
        child = os.posix_spawn(
            sys.executable,
            [sys.executable, "-P", "-m", __name__, *words],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, writer, 1),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            ],
        )
    except OSError:
        os.close(reader)
        raise
    finally:
        os.close(writer)
    return lambda cancelled: received(reader, child, cancelled)


def _main(root: str, *options: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent to answer
    with open(1, "wb") as pipe:
        send(scan_events(root, remember=_REMEMBER in options, read_on=True), pipe)


if __name__ == "__main__":
    _main(*sys.argv[1:])
