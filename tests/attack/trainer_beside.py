"""A trainer saves every few milliseconds beside a pruner that never rests; nothing may be lost.

    python tests/attack/trainer_beside.py [--saves 10000] [--keep 5]

After every prune the newest complete checkpoint is there, in its place; at the end everything
that was ever saved is whole, in its place or in the trash, and `undo` brings all of it back.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ground import WEIGHTS, ViolationError, demand
from keepstep.policies.catalog.scan import scan
from keepstep.policies.commit.commit import commit
from keepstep.policies.commit.history import history
from keepstep.policies.commit.undo import undo
from keepstep.policies.plan import make_plan
from keepstep.policies.rules.schema import policy_of

_FILES = {"model.safetensors", "trainer_state.json"}


def train(root: Path, saves: int) -> None:
    """Save checkpoints; each is complete with its last file, which appears at once."""
    for step in range(1, saves + 1):
        folder = root / f"checkpoint-{step}"
        folder.mkdir()
        (folder / "model.safetensors").write_bytes(WEIGHTS)
        new = folder / "trainer_state.json.tmp"
        new.write_text(json.dumps({"global_step": step}))
        new.rename(folder / "trainer_state.json")
        # The word that it is saved, for the one who watches that it is not lost.
        (root.parent / "saved.new").write_text(str(step))
        (root.parent / "saved.new").rename(root.parent / "saved")
        time.sleep(0.002)


def prune(root: Path, keep: int) -> int:
    """One prune; how many it moved. What was newest before is there afterwards."""
    newest = _saved(root)
    policy = policy_of({"name": "beside", "keep": [{"last": keep}]}, "attack")
    plan = make_plan(scan(str(root)), policy, now=time.time())
    result = commit(plan)
    demand(_is_whole(root / f"checkpoint-{newest}") or _saved(root) > newest, f"{newest} is lost")
    demand(_is_whole(root / f"checkpoint-{_saved(root)}"), "the newest complete is lost")
    return len(result.trashed)


def _saved(root: Path) -> int:
    try:
        return int((root.parent / "saved").read_text())
    except FileNotFoundError:
        return 0


def _is_whole(folder: Path) -> bool:
    return folder.name == "checkpoint-0" or set(os.listdir(folder)) == _FILES


def judge(root: Path, saves: int) -> None:
    """Nothing that was saved is missing, nothing is torn, and all of it comes back."""
    folders = [*root.glob("checkpoint-*"), *root.glob(".keepstep/trash/*/*/checkpoint-*")]
    steps = sorted(int(folder.name.partition("-")[2]) for folder in folders)
    demand(steps == list(range(1, saves + 1)), f"{saves - len(steps)} saves are missing or double")
    for folder in folders:
        demand(_is_whole(folder), f"{folder} is torn")
        demand((folder / "model.safetensors").read_bytes() == WEIGHTS, f"{folder} has changed")
    for _ in history(str(root)):
        undo(str(root))
    back = [root / f"checkpoint-{step}" for step in range(1, saves + 1)]
    demand(all(_is_whole(folder) for folder in back), "undo did not bring everything back")


def main() -> int:
    """Train in a process of its own, prune in this one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--saves", type=int, default=2000)
    parser.add_argument("--keep", type=int, default=5)
    parser.add_argument("--train", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.train:
        train(options.train, options.saves)
        return 0
    with tempfile.TemporaryDirectory() as place:
        root = Path(place, "run")
        root.mkdir()
        line = [sys.executable, __file__, "--train", str(root), "--saves", str(options.saves)]
        trainer = subprocess.Popen(line)
        prunes = moved = 0
        try:
            while trainer.poll() is None:
                prunes, moved = prunes + 1, moved + prune(root, options.keep)
            moved += prune(root, options.keep)
            demand(trainer.returncode == 0, "the trainer failed")
            left = len(list(root.glob("checkpoint-*")))
            demand(left == min(options.keep, options.saves), f"{left} are left")
            judge(root, options.saves)
        except ViolationError as violation:
            print(f"violation: {violation}")
            return 1
        finally:
            trainer.kill()
            trainer.wait()
    print(f"{options.saves} saves beside {prunes} prunes that moved {moved}, 0 violations")
    return 0


if __name__ == "__main__":
    sys.exit(main())
