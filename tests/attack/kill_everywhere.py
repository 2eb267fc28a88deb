"""Kill the real commands at every system call that changes the disk; nothing may be lost.

    python tests/attack/kill_everywhere.py [--every N] [COMMAND...]

Says how many points were tried per command and lists violations; exit 1 when there is one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from functools import partial
from pathlib import Path

from ground import ViolationError, build
from scenes import SCENES, Scene
from traced import Point, disturb, in_parallel, need_strace, points_of, until_hit, was_hit

Job = tuple[Scene, Point, int]
_SCENES = {scene.name: scene for scene in SCENES}


def attack(job: tuple[str, Point, int]) -> str | None:
    """Kill one command at one point; what went wrong, "" if nothing, None if it was not hit."""
    name, point, turn = job
    scene = _SCENES[name]
    with tempfile.TemporaryDirectory() as place:
        root, log = Path(place, "run"), Path(place, "log")
        before = build(root)
        scene.ready(root)
        disturb(scene.arguments(root), log, point, "signal=KILL")
        if not was_hit(log):
            return None
        try:
            scene.check(root, before, turn)
        except ViolationError as violation:
            return f"{name}, {point.call} {point.number} ({point.text}): {violation}"
    return ""


def points(scene: Scene) -> list[Point]:
    """Where this command can be disturbed."""
    with tempfile.TemporaryDirectory() as place:
        root = Path(place, "run")
        build(root)
        scene.ready(root)
        return points_of(scene.arguments(root), Path(place, "log"))


def main() -> int:
    """Attack the commands that were named, by default all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="only every N-th point")
    parser.add_argument("command", nargs="*", help=", ".join(_SCENES))
    options = parser.parse_args()
    need_strace()
    failures = 0
    for name in options.command or _SCENES:
        found = list(enumerate(points(_SCENES[name])))[:: options.every]
        results = in_parallel(
            partial(until_hit, attack), [(name, point, turn) for turn, point in found]
        )
        violations = [result for result in results if result]
        hit = sum(result is not None for result in results)
        print(f"{name}: killed at {hit} points of {len(results)}, {len(violations)} violations")
        print(*violations, sep="\n", end="\n" if violations else "", flush=True)
        failures += len(violations) + (not hit)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
