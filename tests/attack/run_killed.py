"""A trainer under `keepstep run`, or with a Keeper of its own, is killed -9 at random moments.

    python tests/attack/run_killed.py [--rounds 50] [--seed 1]

Sometimes keepstep is killed in its place, or both are. The trainer saves in pieces, in a format
whose end nobody can see, and starts again from the newest whole file. After every kill the newest
that it finished is whole in its place, under `--keep-last 1`; at the end all it ever finished is
whole, in its place or in the trash.
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
from contextlib import suppress
from pathlib import Path

from ground import COMMAND, ViolationError, demand, run
from keepstep.policies.commit.history import history
from keepstep.policies.rules.schema import policy_of
from keepstep.policies.training import Keeper

_WHOLE = b"every byte counts " * 4000
_VICTIMS = ("trainer", "keepstep", "both")
_HOW = ("told", "silent", "keeper")


def train(root: Path, how: str) -> None:
    """Save for ever; the word that a file is whole comes after it."""
    epoch = newest(root)
    last = policy_of({"name": "last", "keep": [{"last": 1}]}, "attack")
    keeper = Keeper(root, last, rank=0) if how == "keeper" else None
    while True:
        epoch += 1
        path = root / f"model_epoch{epoch}.pth"
        with path.open("wb", buffering=0) as file:
            for begin in range(0, len(_WHOLE), 9000):
                file.write(_WHOLE[begin : begin + 9000])
                time.sleep(0.003)
        (root.parent / "saved.new").write_text(str(epoch))
        (root.parent / "saved.new").rename(root.parent / "saved")
        if how == "told":
            print(f"Saved checkpoint: {path}", flush=True)
        if keeper is not None:
            keeper.saved(path, metrics={"loss": 1 / epoch})
        time.sleep(0.02)


def newest(root: Path) -> int:
    try:
        return int((root.parent / "saved").read_text())
    except FileNotFoundError:
        return 0


def children(pid: int) -> list[int]:
    """The processes that a process started in its main thread."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def kill(process: subprocess.Popen[bytes], victim: str) -> None:
    """Kill one of the two, or both; the other is given time to notice."""
    trainers = [] if victim == "itself" else children(process.pid)
    while victim == "trainer" and not trainers and process.poll() is None:
        time.sleep(0.02)
        trainers = children(process.pid)
    if victim != "keepstep":
        for trainer in trainers:
            with suppress(ProcessLookupError):
                os.kill(trainer, signal.SIGKILL)
    if victim != "trainer":
        process.kill()
    code = process.wait(60)
    if victim == "trainer" and trainers:
        demand(code == 128 + signal.SIGKILL, f"the exit code is {code}")
    for trainer in trainers:  # it ends by itself at its next line, if it says any
        with suppress(ProcessLookupError):
            os.kill(trainer, signal.SIGKILL)


def judge(root: Path, begun: int) -> None:
    """The newest finished one is there, and whole."""
    last = newest(root)
    demand(last >= begun, "the newest went back")
    if last:
        path = root / f"model_epoch{last}.pth"
        demand(path.exists(), f"the newest, {path.name}, is gone")
        demand(path.read_bytes() == _WHOLE, f"the newest, {path.name}, is torn")


def judge_all(root: Path, finished: int) -> None:
    """All that was finished is whole, and comes back."""
    run("undo", root)  # puts right whatever a kill has left, too
    while any(one.state in ("in trash", "partly undone") for one in history(str(root))):
        run("undo", root)
    for epoch in range(1, finished + 1):
        path = root / f"model_epoch{epoch}.pth"
        demand(path.exists() and path.read_bytes() == _WHOLE, f"{path.name} did not come back")


def attack(place: Path, rounds: int, seed: int) -> int:
    chance = random.Random(seed)
    root = place / "run"
    root.mkdir()
    for number in range(rounds):
        begun = newest(root)
        how = _HOW[number % len(_HOW)]
        line = [*COMMAND, "run", "--keep-last", "1", "--dir", str(root), "--"]
        trainer = [sys.executable, __file__, "--train", str(root), "--how", how]
        process = subprocess.Popen(
            trainer if how == "keeper" else [*line, *trainer],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(chance.uniform(0.2, 2.0))
        kill(process, "itself" if how == "keeper" else chance.choice(_VICTIMS))
        judge(root, begun)
    finished = newest(root)
    judge_all(root, finished)
    return finished


def main() -> int:
    """Train when asked to, else attack."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--train", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--how", choices=_HOW, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.train:
        train(options.train, options.how)
        return 0
    with tempfile.TemporaryDirectory() as place:
        try:
            finished = attack(Path(place), options.rounds, options.seed)
        except ViolationError as violation:
            print(f"violation: {violation}")
            return 1
    print(f"{options.rounds} kills while {finished} were saved, 0 violations")
    return 0


if __name__ == "__main__":
    sys.exit(main())
