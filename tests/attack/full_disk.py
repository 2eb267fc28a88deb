"""Fill a small tmpfs to the last byte and inode before every command; nothing may be lost.

    python tests/attack/full_disk.py [--every N]

Needs the right to mount (skipped with a reason without it). A command works from the room that
was held back, or refuses with nothing moved; undo and purge always work.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path

from ground import (
    KEPT,
    PRUNE,
    ViolationError,
    build,
    demand,
    each_is_whole,
    look,
    loose,
    part,
    process,
    run,
    undo_all,
)

_DISKS = ("size=4m", "size=4m,nr_inodes=120")  # full of bytes, full of inodes
_LEFT = (0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 16)


@contextmanager
def small_disk(options: str) -> Iterator[Path]:
    """A tmpfs of its own."""
    with tempfile.TemporaryDirectory() as place:
        line = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", place]
        done = subprocess.run(line, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"skipped: cannot mount a tmpfs: {done.stderr.strip()}")
            sys.exit(0)
        try:
            yield Path(place)
        finally:
            subprocess.run(["umount", "-l", place], check=True)


def fill(disk: Path, leave: int) -> None:
    """Take all bytes and all inodes, but for a few pages that are left."""
    fillers = [disk / "bytes"]
    with open(disk / "bytes", "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
        file.truncate(max(0, file.tell() // 4096 - leave) * 4096)
    try:
        for n in range(100_000 if os.statvfs(disk).f_ffree < 10_000 else 0):
            (disk / f"filler-{n}").touch()
            fillers.append(disk / f"filler-{n}")
    except OSError:
        for filler in fillers[len(fillers) - leave :]:
            filler.unlink()


def empty(disk: Path) -> None:
    """Give everything back that `fill` took."""
    for filler in [disk / "bytes", *disk.glob("filler-*")]:
        filler.unlink(missing_ok=True)


def attack(disk: Path, leave: int, *, held: bool) -> str:
    """Prune, undo, prune and purge on a full disk; how the first prune ended."""
    root = disk / "run"
    before = build(root)
    if held:  # an earlier commit has held room back
        run("prune", root, *PRUNE)
        undo_all(root)
    fill(disk, leave)
    first = process("prune", root, *PRUNE)
    demand("Traceback" not in first.stderr, first.stderr)
    demand(first.returncode in (0, 1, 2), f"exit code {first.returncode}")
    demand(first.returncode != 2 or loose(look(root)) == loose(before), "refused, but moved")
    demand(first.returncode == 0 or first.stderr or "skipped" in first.stdout, "no word")
    each_is_whole(root, before)
    fill(disk, 0)
    back = process("undo", root)
    moved = first.returncode != 2  # otherwise there is nothing to undo, and perhaps no lock
    demand(back.returncode == 0 or not moved, f"undo: {back.stdout}{back.stderr}")
    demand(loose(look(root)) == loose(before), "undo did not restore the run exactly")
    empty(disk)
    run("prune", root, *PRUNE)
    fill(disk, 0)
    purged = process("purge", root, "-y")
    demand(purged.returncode == 0, f"purge: {purged.stdout}{purged.stderr}")
    demand(not list(root.glob(".keepstep/trash/*")), f"not purged: {purged.stdout}")
    now, then = loose(look(root), links=False), loose(before, links=False)
    for checkpoint in KEPT:
        demand(part(now, checkpoint) == part(then, checkpoint), f"{checkpoint} is not whole")
    return "refused" if first.returncode == 2 else "worked" if first.returncode == 0 else "partly"


def main() -> int:
    """Full of bytes and full of inodes, with so much left that every step is the one to fail."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="only every N-th disk")
    every = parser.parse_args().every
    failures, ends = 0, dict.fromkeys(("refused", "partly", "worked"), 0)
    disks = list(product(_DISKS, _LEFT, (False, True)))[::every]
    for options, leave, held in disks:
        with small_disk(options) as disk:
            try:
                ends[attack(disk, leave, held=held)] += 1
            except ViolationError as violation:
                failures += 1
                print(f"violation: {options}, {leave} left, held {held}: {violation}")
    print(f"{len(disks)} full disks, prune {ends}, {failures} violations")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
