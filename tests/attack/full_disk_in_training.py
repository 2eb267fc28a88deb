"""A loop saves on a small tmpfs until it is full, with and without `min_free`; nothing may be lost.

    python tests/attack/full_disk_in_training.py [--saves 40]

Without `min_free` the trash fills the disk, and saves fail with ENOSPC: the newest that was
finished and the best stay whole. With it the loop never meets a full disk at all. Needs the right
to mount (skipped with a reason without it).
"""

from __future__ import annotations

import argparse
import errno
import os
import sys
from pathlib import Path

from full_disk import small_disk
from ground import ViolationError, demand
from keepstep.policies.rules.policy import Policy
from keepstep.policies.rules.schema import policy_of
from keepstep.policies.training import Keeper

_SIZE = 400_000
_DISK = "size=6m"
_KEEP = [{"last": 2}, {"best": {"metric": "loss", "mode": "min"}}]


def save(path: Path, epoch: int) -> bool:
    """Whether there was room for it; what was written stays there, as with most loops."""
    try:
        with path.open("wb") as file:
            for _ in range(0, _SIZE, 10_000):
                file.write(bytes([epoch % 256]) * 10_000)
                file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        demand(error.errno == errno.ENOSPC, f"saving: {error}")
        return False
    return True


def is_whole(path: Path, epoch: int) -> bool:
    return path.exists() and path.read_bytes() == bytes([epoch % 256]) * _SIZE


def train(root: Path, policy: Policy, saves: int) -> int:
    """How many saves had no room."""
    keeper = Keeper(root, policy, rank=0)
    finished: dict[int, float] = {}
    failed = 0
    for epoch in range(1, saves + 1):
        path = root / f"model.pth.{epoch}"
        if save(path, epoch):
            finished[epoch] = abs(epoch - 7.5)
            keeper.saved(path, epoch=epoch, metrics={"loss": finished[epoch]})
        else:
            failed += 1
            keeper.saved(epoch=epoch - 1)
        keeper.wait()
        newest, best = max(finished), min(finished, key=lambda one: (finished[one], -one))
        for wanted in {newest, best}:
            demand(is_whole(root / f"model.pth.{wanted}", wanted), f"{wanted} is lost or torn")
    keeper.close()
    return failed


def main() -> int:
    """Both ways; 1 at a violation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--saves", type=int, default=40)
    options = parser.parse_args()
    plain = {"name": "plain", "keep": _KEEP}
    failures = []
    try:
        for document in (plain, {**plain, "min_free": "2MB"}):
            with small_disk(_DISK) as disk:
                root = disk / "run"
                root.mkdir()
                failures.append(train(root, policy_of(document, "attack"), options.saves))
        demand(failures[0] > 0, "the disk was never full")
        demand(failures[1] == 0, f"{failures[1]} saves met a full disk in spite of min_free")
    except ViolationError as violation:
        print(f"violation: {violation}")
        return 1
    print(f"{options.saves} saves: {failures[0]} without room, with min_free 0; 0 violations")
    return 0


if __name__ == "__main__":
    sys.exit(main())
