"""How far a long commit, undo or purge has come: one line on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
import time

from ..policies.commit.results import OnProgress, Progress
from . import output

_EVERY = 0.2  # seconds; a slow link gets no more than that


class ProgressLine:
    """Rewrites one line of stderr, and leaves none behind."""

    def __init__(self) -> None:
        self._next = time.monotonic() + _EVERY
        self._written = 0

    def __call__(self, progress: Progress) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _EVERY
        self._write(f"{progress.doing} {progress.done} of {progress.total}")

    def clear(self) -> None:
        """Take the line away before something else is written."""
        if self._written:
            self._write("")
            output.note("", end="\r")

    def _write(self, text: str) -> None:
        output.note("\r" + text.ljust(self._written), end="")
        self._written = len(text)


def progress_line() -> ProgressLine | None:
    """A line where a person is watching."""
    return ProgressLine() if output.is_terminal(sys.stderr) else None


def clear(line: OnProgress | None) -> None:
    """End a line that may never have begun."""
    if isinstance(line, ProgressLine):
        line.clear()
