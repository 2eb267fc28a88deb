"""Find every call of a command that changes the disk, and disturb exactly one of them.

Needs strace. Its counters run per kind of call, so a point is a call's name and its number.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from ground import COMMAND

CALLS = (
    *("rename", "renameat", "renameat2", "unlink", "unlinkat", "rmdir", "mkdir", "mkdirat"),
    *("link", "linkat", "symlink", "symlinkat", "write", "pwrite64", "writev", "fsync"),
    *("fdatasync", "ftruncate", "truncate", "fallocate", "utimensat", "flock", "fcntl"),
    *("chmod", "fchmod", "fchmodat", "chown", "fchown", "fchownat", "openat", "open", "creat"),
    *("sendfile", "copy_file_range", "setxattr", "fsetxattr"),
)
_LINE = re.compile(r"^\d+ +(\w+)\((.*)")
# Bytecode would be written by the first run only, and so shift what is counted.
_QUIET = {
    **os.environ,
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "KEEPSTEP_SCAN_REQUESTS": "1",  # a traced disk is slow, and threads have no order
}


@dataclass(frozen=True)
class Point:
    """The `number`-th call of this name, as it looked in an undisturbed run."""

    call: str
    number: int
    text: str


def need_strace() -> None:
    """End with a reason, and without a fault, where nothing can be traced."""
    strace = shutil.which("strace")
    if strace is None:
        print("skipped: strace is not installed")
        sys.exit(0)
    probe = subprocess.run([strace, "-f", "true"], capture_output=True, check=False)
    if probe.returncode:
        print("skipped: strace may not trace processes here")
        sys.exit(0)


def trace(arguments: Iterable[str | Path], log: Path, *options: str) -> tuple[int, str]:
    """Run a command traced; its exit code, and what it said."""
    names = ",".join(f"?{name}" for name in CALLS)
    strace = ["strace", "-f", "-qq", "-o", str(log), "-e", f"trace={names}", *options]
    line = [*strace, "--", *COMMAND, *map(str, arguments)]
    done = subprocess.run(
        line,
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env=_QUIET,
        timeout=120,
        preexec_fn=_on_one_core,
    )
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


def _on_one_core() -> None:
    """Where there is one core a purge deletes in one thread, and calls can be counted."""
    os.sched_setaffinity(0, {random.choice(list(os.sched_getaffinity(0)))})


def points_of(arguments: Iterable[str | Path], log: Path) -> list[Point]:
    """Every call that changes something, in order."""
    trace(arguments, log)
    counts: Counter[str] = Counter()
    points = []
    for line in log.read_text(errors="replace").splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        call, text = match.groups()
        counts[call] += 1
        if call not in ("openat", "open", "fcntl") or "O_CREAT" in text or "O_TRUNC" in text:
            points.append(Point(call, counts[call], text[:100]))
    return points


def disturb(arguments: Iterable[str | Path], log: Path, point: Point, how: str) -> tuple[int, str]:
    """Run the command with one call disturbed: `signal=KILL` or `error=EIO`."""
    return trace(arguments, log, "-e", f"inject={point.call}:{how}:when={point.number}")


def was_hit(log: Path) -> bool:
    """Whether the disturbance happened at all."""
    text = log.read_text(errors="replace")
    return "INJECTED" in text or "killed by SIGKILL" in text


def in_parallel(work: Callable[[Any], Any], jobs: list[Any]) -> list[Any]:
    """Every job in one of as many processes as there are cores."""
    with get_context("fork").Pool(min(8, os.cpu_count() or 1)) as pool:
        return pool.map(work, jobs, chunksize=1)


def until_hit(once: Callable[[Any], str | None], job: Any) -> str | None:
    """Try again when a point was missed: a purge may delete in threads, which count alone."""
    for _ in range(4):
        result = once(job)
        if result is not None:
            return result
    return None
