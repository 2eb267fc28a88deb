"""Starting: short commands beside bare Python, and the review's first row beside Textual's import.

The first row is timed on a pseudo-terminal of 120 x 40, until the newest checkpoint's step is in
what the program wrote there. The index is warm: a person opens a directory more than once.
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
from pathlib import Path

from contest import KEEPSTEP, Budget, Contest
from processes import KEEPSTEP as COMMAND
from processes import seconds
from trees import SMALL, TWO_HUNDRED_THOUSAND, Tree, Yard

BARE = "bare Python"
TEXTUAL = "import textual.app"
_PATIENCE = 300  # seconds


def commands(yard: Yard) -> Contest:
    """What every call from a shell or a cron line pays."""
    run, homes = str(yard.tree(SMALL)), yard.homes("start", empty=True)
    asked = {"--help": ["--help"], "scan": ["scan", run], "plan": ["plan", run]}
    subjects = {BARE: lambda: seconds([sys.executable, "-c", "pass"])}
    for name, words in asked.items():
        subjects[name] = lambda words=words: seconds([*COMMAND, *words], homes)
    budgets = tuple(Budget(BARE, 5, name) for name in asked)
    return Contest("start of a command, 10 checkpoints", subjects, budgets)


def first_row(yard: Yard) -> Contest:
    """The review of 2,000 checkpoints; no row can stand before Textual has been imported."""
    return first_row_of(yard, TWO_HUNDRED_THOUSAND, (Budget(TEXTUAL, 1.3),))


def first_row_of(
    yard: Yard, tree: Tree, budgets: tuple[Budget, ...], rounds: int | None = None
) -> Contest:
    """The review of a tree, until its first row stands."""
    path, homes = yard.tree(tree), yard.homes("review", empty=True)
    newest = str(100 * tree.checkpoints).encode()
    subjects = {
        TEXTUAL: lambda: seconds([sys.executable, "-c", "import textual.app"]),
        KEEPSTEP: lambda: first_paint(path, newest, homes),
    }
    title = f"first row of the review, {tree.checkpoints:,} checkpoints"
    return Contest(title, subjects, budgets, most_rounds=rounds)


def first_paint(run: Path, row: bytes, settings: dict[str, str]) -> float:
    """Seconds until this text of a row is on the terminal; then the review is left."""
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
    os.write(terminal, b"q")
    _drain(terminal)
    os.waitpid(pid, 0)
    os.close(terminal)
    return took


def _drain(terminal: int) -> None:
    """A terminal whose output nobody reads would hold the program up."""
    while select.select([terminal], [], [], _PATIENCE)[0]:
        try:
            if not os.read(terminal, 65536):
                return
        except OSError:  # EIO: the program has ended
            return
