"""End the real commands with SIGHUP, SIGTERM and SIGINT at random moments; nothing may be lost.

    python tests/attack/signal_anywhere.py [--rounds N] [--seed N]

Afterwards the run is whole without any recovery, and `undo` brings everything back.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ground import COMMAND, ViolationError, build, demand
from scenes import SCENES
from traced import in_parallel

_SIGNALS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)
_SCENES = {scene.name: scene for scene in SCENES if "recovery" not in scene.name}


def attack(job: tuple[str, int, int]) -> str:
    """Send one signal at one moment; what went wrong, or how the command ended."""
    name, number, seed = job
    scene, chance = _SCENES[name], random.Random(seed)
    with tempfile.TemporaryDirectory() as place:
        root = Path(place, "run")
        before = build(root)
        scene.ready(root)
        line = [*COMMAND, *map(str, scene.arguments(root))]
        child = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        _wait(root, child, chance)
        child.send_signal(number)
        _, said = child.communicate(timeout=60)
        try:
            demand(child.returncode in (0, 1, 130, -number), f"exit code {child.returncode}")
            demand("Traceback" not in said or not _at_work(said), said[-800:])
            scene.check(root, before, seed)
        except ViolationError as violation:
            return f"violation: {name}, {signal.Signals(number).name}, seed {seed}: {violation}"
    return "before or after" if child.returncode in (0, -number) else "stopped"


def _wait(root: Path, child: subprocess.Popen[str], chance: random.Random) -> None:
    """Half of the time until the command begins to write, the other half any while."""
    if chance.random() < 0.5:
        time.sleep(chance.uniform(0, 0.4))
        return
    old = _stamp(root)
    end = time.monotonic() + 5
    while _stamp(root) == old and child.poll() is None and time.monotonic() < end:
        pass
    time.sleep(chance.uniform(0, 0.02))


def _stamp(root: Path) -> object:
    """Changes when the lock is signed, or pins are written."""
    try:
        return [os.stat(root / ".keepstep" / name).st_mtime_ns for name in ("lock",)]
    except OSError:
        return None


def _at_work(said: str) -> bool:
    """A signal while Python is still importing ends in Python's own words."""
    return "/policies/commit/" in said


def main() -> int:
    """Send as many signals as asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=240)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    names = list(_SCENES)
    jobs = [
        (names[n % len(names)], _SIGNALS[n // len(names) % len(_SIGNALS)], options.seed + n)
        for n in range(options.rounds)
    ]
    results = in_parallel(attack, jobs)
    violations = [result for result in results if result.startswith("violation")]
    stopped = results.count("stopped")
    print(f"{len(results)} signals, {stopped} of them stopped a command at its work, "
          f"{len(violations)} violations")  # fmt: skip
    print(*violations, sep="\n", end="\n" if violations else "")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
