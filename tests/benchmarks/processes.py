"""Commands, timed from start to end, and what memory they take; and the peers that are there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence

# What the installed script does; `-m` would import more.
KEEPSTEP = [sys.executable, "-c", "from keepstep.tui.entry import main; main()"]
SCAN_PEERS = {
    "du": ["du", "-s"],
    "find": ["find", "-printf", "%s %b %T@ %p\\n"],
    "ncdu": ["ncdu", "-0", "-o-"],
    "gdu": ["gdu", "-n", "-p"],
}
_BETWEEN_LOOKS = 0.01  # seconds


def scan_peers(names: Sequence[str] = tuple(SCAN_PEERS)) -> tuple[list[str], tuple[str, ...]]:
    """Which of them are installed, and which are not."""
    missing = tuple(name for name in names if shutil.which(name) is None)
    return [name for name in names if name not in missing], missing


def peer_scan(peer: str, directory: object) -> list[str]:
    """The command with which a peer adds up a directory."""
    command = SCAN_PEERS[peer]
    if peer == "find":  # its directory stands before what it shall do
        return [command[0], str(directory), *command[1:]]
    return [*command, str(directory)]


def start(
    command: Sequence[str], settings: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start it with its output thrown away; `settings` are added to the environment."""
    return subprocess.Popen(
        command,
        env={**os.environ, **(settings or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        close_fds=False,
    )


def seconds(command: Sequence[str], settings: Mapping[str, str] | None = None) -> float:
    """Wall clock of one run, from before the fork until it has ended."""
    begun = time.perf_counter()
    code = start(command, settings).wait()
    took = time.perf_counter() - begun
    if code != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {code}")
    return took


def processor_seconds(command: Sequence[str], settings: Mapping[str, str] | None = None) -> float:
    """What one run and its children took of the processors; other work hardly changes it."""
    _, status, usage = os.wait4(start(command, settings).pid, 0)
    if code := os.waitstatus_to_exitcode(status):
        raise RuntimeError(f"{' '.join(command)} ended with {code}")
    return usage.ru_utime + usage.ru_stime


def megabytes(command: Sequence[str], settings: Mapping[str, str] | None = None) -> float:
    """Peak memory of one run and its children together, a shared page counted once."""
    process = start(command, settings)
    ended = threading.Event()
    peak = 0

    def look() -> None:
        nonlocal peak
        while not ended.wait(_BETWEEN_LOOKS):
            peak = max(peak, sum(map(_proportional, _family(process.pid))))

    looking = threading.Thread(target=look)
    looking.start()
    code = process.wait()
    ended.set()
    looking.join()
    if code != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {code}")
    return peak / 1e6


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            children = file.read().split()
    except OSError:
        return
    for child in children:
        yield from _family(int(child))


def _proportional(pid: int) -> int:
    """Bytes of resident memory, a page shared by n processes counted as 1/n."""
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            return sum(int(line.split()[1]) * 1024 for line in file if line.startswith("Pss:"))
    except OSError:
        return 0
