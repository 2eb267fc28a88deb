"""How long keepstep takes to start, as ratios against bare Python in the same interleaved run.

    python tests/benchmarks/start_up.py [ROUNDS]

Run it with the Python of an environment that has keepstep installed. First paint is the time until
the first row of the sample run stands on a pseudo-terminal of 120 x 40, against importing Textual.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable
from pathlib import Path

from keepstep.tui.sample.run import build_sample_run

KEEPSTEP = [sys.executable, "-m", "keepstep.tui"]


def timed(command: list[str]) -> float:
    """Seconds of one run, output thrown away."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def first_paint(run: Path) -> float:
    """Seconds until the first row of the review is on a real terminal."""
    start = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execv(KEEPSTEP[0], [*KEEPSTEP, str(run), "--policy", "balanced", "--apparent"])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    seen = b""
    while b"17000" not in seen:
        if not select.select([terminal], [], [], 20)[0]:
            raise TimeoutError("no row appeared in 20 seconds")
        seen += os.read(terminal, 65536)
    took = time.perf_counter() - start
    os.write(terminal, b"q")
    while select.select([terminal], [], [], 5)[0]:
        try:
            if not os.read(terminal, 65536):
                break
        except OSError:
            break
    os.waitpid(pid, 0)
    os.close(terminal)
    return took


def main(rounds: int) -> None:
    """Time everything in turn, and print medians and ratios."""
    place = Path(tempfile.mkdtemp(prefix="keepstep-start-"))
    run, small = place / "run", place / "small"
    build_sample_run(run, now=time.time())
    small.mkdir()
    for step in range(16100, 17001, 100):
        (run / f"checkpoint-{step}").rename(small / f"checkpoint-{step}")
    shutil.rmtree(run)
    build_sample_run(run, now=time.time())
    subjects: dict[str, Callable[[], float]] = {
        "python -c pass": lambda: timed([sys.executable, "-c", "pass"]),
        "import textual.app": lambda: timed([sys.executable, "-c", "import textual.app"]),
        "keepstep --help": lambda: timed([*KEEPSTEP, "--help"]),
        "keepstep scan, 10 checkpoints": lambda: timed([*KEEPSTEP, "scan", str(small)]),
        "keepstep plan, 10 checkpoints": lambda: timed([*KEEPSTEP, "plan", str(small)]),
        "keepstep scan, 172 checkpoints": lambda: timed([*KEEPSTEP, "scan", str(run)]),
        "first row of the review, 172": lambda: first_paint(run),
    }
    times: dict[str, list[float]] = {name: [] for name in subjects}
    try:
        for _ in range(rounds):
            for name, subject in subjects.items():
                times[name].append(subject())
    finally:
        shutil.rmtree(place)
    bare = statistics.median(times["python -c pass"])
    textual = statistics.median(times["import textual.app"])
    print(f"{'':32}{'ms':>8}{'x bare':>9}{'x textual':>11}")
    for name, found in times.items():
        median = statistics.median(found)
        print(f"{name:32}{median * 1000:8.1f}{median / bare:9.2f}{median / textual:11.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
