"""Let every system call that changes the disk fail once, with every error a disk can give.

    python tests/attack/fail_everywhere.py [--errors ENOSPC,EIO] [--every N] [--all] [COMMAND...]

Each point gets one error in turn, with --all every one. Nothing may be lost, and the command
ends with a clear sentence and an exit code that says so, never a traceback; exit 1 otherwise.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from functools import partial
from pathlib import Path

from ground import ViolationError, build, demand
from kill_everywhere import points
from scenes import SCENES
from traced import Point, disturb, in_parallel, need_strace, until_hit, was_hit

ERRORS = ("ENOSPC", "EIO", "EACCES", "ESTALE", "ENOTEMPTY", "EXDEV")
_SCENES = {scene.name: scene for scene in SCENES}
# 0: what failed was optional, or another way was found; 1: a part is left; 2: nothing changed.
_ENDS = (0, 1, 2)


def attack(job: tuple[str, Point, str, int]) -> str | None:
    """Let one call fail; what went wrong, "" if nothing, None if the call was not reached."""
    name, point, error, turn = job
    scene = _SCENES[name]
    with tempfile.TemporaryDirectory() as place:
        root, log = Path(place, "run"), Path(place, "log")
        before = build(root)
        scene.ready(root)
        code, said = disturb(scene.arguments(root), log, point, f"error={error}")
        if not was_hit(log):
            return None
        try:
            demand(code in _ENDS, f"exit code {code}: {said[-500:]}")
            demand("Traceback" not in said, said[-800:])
            demand(code == 0 or said.strip() or not _is_loud(point), f"exit {code} without a word")
            scene.check(root, before, turn)
        except ViolationError as violation:
            return f"{name}, {point.call} {point.number} {error} ({point.text}): {violation}"
    return ""


def _is_loud(point: Point) -> bool:
    """Whether a word about it can be expected: not when it was the word that failed."""
    return not (point.call == "write" and point.text.startswith(("1,", "2,")))


def main() -> int:
    """Attack the commands that were named, by default all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--errors", default=",".join(ERRORS))
    parser.add_argument("--every", type=int, default=1, help="only every N-th point")
    parser.add_argument("--all", action="store_true", help="every error at every point")
    parser.add_argument("command", nargs="*", help=", ".join(_SCENES))
    options = parser.parse_args()
    need_strace()
    errors = options.errors.split(",")
    failures = 0
    for name in options.command or _SCENES:
        jobs = []
        for turn, point in list(enumerate(points(_SCENES[name])))[:: options.every]:
            here = errors if options.all else [errors[turn // options.every % len(errors)]]
            jobs += [(name, point, error, turn) for error in here]
        results = in_parallel(partial(until_hit, attack), jobs)
        violations = [result for result in results if result]
        hit = sum(result is not None for result in results)
        print(f"{name}: {hit} failures of {len(jobs)} injected, {len(violations)} violations")
        print(*violations, sep="\n", end="\n" if violations else "", flush=True)
        failures += len(violations) + (not hit)
    return 1 if failures else 0


if __name__ == "__main__":
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.exit(main())
