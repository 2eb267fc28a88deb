"""Starting: short commands beside bare Python, and the review's first row beside Textual's import.

The first row is timed on a pseudo-terminal of 120 x 40, until the newest checkpoint's step is in
what the program wrote there. The index is warm: a person opens a directory more than once.

Each is told in processor time as well, which other work on the machine hardly changes; of the
review it is that of the thread which draws, since the scan runs beside it on another core.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

from contest import KEEPSTEP, Budget, Contest
from processes import KEEPSTEP as COMMAND
from processes import processor_seconds, seconds
from trees import SMALL, TWO_HUNDRED_THOUSAND, Tree, Yard

BARE = "bare Python"
TEXTUAL = "import textual.app"
_PATIENCE = 300  # seconds


def commands(yard: Yard) -> Contest:
    """What every call from a shell or a cron line pays."""
    return _commands(yard, "start of a command, 10 checkpoints", seconds)


def commands_processor(yard: Yard) -> Contest:
    """The same in processor time."""
    return _commands(yard, "start of a command, processor time", processor_seconds)


def _commands(yard: Yard, title: str, taken: Callable[..., float]) -> Contest:
    run, homes = str(yard.tree(SMALL)), yard.homes("start", empty=True)
    asked = {"--help": ["--help"], "scan": ["scan", run], "plan": ["plan", run]}
    subjects = {BARE: lambda: taken([sys.executable, "-c", "pass"])}
    for name, words in asked.items():
        subjects[name] = lambda words=words: taken([*COMMAND, *words], homes)
    budgets = tuple(Budget(BARE, 5, name) for name in asked)
    return Contest(title, subjects, budgets)


def first_row(yard: Yard) -> Contest:
    """The review of 2,000 checkpoints; no row can stand before Textual has been imported."""
    return first_row_of(yard, TWO_HUNDRED_THOUSAND, (Budget(TEXTUAL, 1.3),))


def first_row_processor(yard: Yard) -> Contest:
    """The same in processor time."""
    return _first_row(
        yard,
        TWO_HUNDRED_THOUSAND,
        (Budget(TEXTUAL, 1.3),),
        "first row of the review, processor time",
        processor_seconds,
        1,
    )


def first_row_of(
    yard: Yard, tree: Tree, budgets: tuple[Budget, ...], rounds: int | None = None
) -> Contest:
    """The review of a tree, until its first row stands."""
    title = f"first row of the review, {tree.checkpoints:,} checkpoints"
    return _first_row(yard, tree, budgets, title, seconds, 0, rounds)


def _first_row(
    yard: Yard,
    tree: Tree,
    budgets: tuple[Budget, ...],
    title: str,
    taken: Callable[..., float],
    which: int,
    rounds: int | None = None,
) -> Contest:
    path, homes = yard.tree(tree), yard.homes("review", empty=True)
    newest = str(100 * tree.checkpoints).encode()
    subjects = {
        TEXTUAL: lambda: taken([sys.executable, "-c", "import textual.app"]),
        KEEPSTEP: lambda: first_paint(path, newest, homes)[which],
    }
    return Contest(title, subjects, budgets, most_rounds=rounds)


def first_paint(run: Path, row: bytes, settings: dict[str, str]) -> tuple[float, float]:
    """Seconds until this text of a row is on the terminal, and those that its thread worked.

    Then the review is left.
    """
    command = [*COMMAND, str(run), "--policy", "balanced", "--apparent"]
    begun = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(command[0], command, {**os.environ, **settings, "TERM": "xterm-256color"})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    seen = b""
    while row not in seen:
        if not select.select([terminal], [], [], _PATIENCE)[0]:
            raise TimeoutError(f"no row appeared in {_PATIENCE} seconds")
        seen += os.read(terminal, 65536)
    took = time.perf_counter() - begun
    worked = _worked(pid)
    os.write(terminal, b"q")
    _drain(terminal)
    os.waitpid(pid, 0)
    os.close(terminal)
    return took, worked


def _worked(pid: int) -> float:
    """Seconds that the first thread of a process has had a processor."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def _drain(terminal: int) -> None:
    """A terminal whose output nobody reads would hold the program up."""
    while select.select([terminal], [], [], _PATIENCE)[0]:
        try:
            if not os.read(terminal, 65536):
                return
        except OSError:  # EIO: the program has ended
            return
