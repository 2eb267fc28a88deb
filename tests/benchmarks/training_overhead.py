"""What keeping costs a training loop: the same loop alone, with a Keeper, and under `keepstep run`.

    python tests/benchmarks/training_overhead.py [--rounds 7] [--saves 10] [--work 0.5] [--mb 50]

Each save is `mb` of weights, flushed to the disk, after `work` seconds of computing that lets go of
Python's lock as a framework does; the rounds are interleaved, and the medians compared. The budget
is 2 % of the loop. The time that `saved()` itself takes is given beside.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from keepstep.policies.training import Keeper

BUDGET = 0.02
COMMAND = [sys.executable, "-m", "keepstep.tui", "run", "--keep-last", "3", "-q"]
_BLOCK = bytes(1 << 20)


def loop(root: Path, options: argparse.Namespace, keeper: Keeper | None) -> tuple[float, float]:
    """Seconds of the whole loop, and those that telling the keeper took."""
    weights = os.urandom(1 << 20) * options.mb
    telling = 0.0
    begun = time.perf_counter()
    for epoch in range(1, options.saves + 1):
        compute(options.blocks)
        path = root / f"model_epoch{epoch}.pth"
        with path.open("wb") as file:
            file.write(weights)
            os.fsync(file.fileno())
        if keeper is not None:
            before = time.perf_counter()
            keeper.saved(path, epoch=epoch, metrics={"val_loss": 1 / epoch})
            telling += time.perf_counter() - before
        else:
            print(f"Saved checkpoint: {path}", flush=True)
    seconds = time.perf_counter() - begun
    if keeper is not None:
        keeper.close()
    return seconds, telling


def compute(blocks: int) -> None:
    """The same amount of work, whatever else happens."""
    digest = hashlib.sha256()
    for _ in range(blocks):
        digest.update(_BLOCK)


def blocks_of(seconds: float) -> int:
    """How many blocks take so long on this machine."""
    compute(50)
    begun = time.perf_counter()
    compute(200)
    return max(1, round(200 * seconds / (time.perf_counter() - begun)))


def measure(kind: str, options: argparse.Namespace) -> tuple[float, float]:
    """One loop of a kind, in a fresh directory."""
    with tempfile.TemporaryDirectory(dir=options.place) as place:
        if kind == "keeper":
            return loop(Path(place), options, Keeper(place, "last-20"))
        line = [sys.executable, __file__, "--loop", place, "--blocks", str(options.blocks)]
        line += ["--saves", str(options.saves), "--mb", str(options.mb)]
        wrapped = [*COMMAND, "--dir", place, "--", *line] if kind == "run" else line
        done = subprocess.run(wrapped, stdout=subprocess.PIPE, text=True, check=True)
        return float(done.stdout.split()[-1]), 0.0


def main() -> int:
    """Print the medians and their ratios; 1 when over the budget."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--saves", type=int, default=10)
    parser.add_argument("--work", type=float, default=0.5)
    parser.add_argument("--mb", type=int, default=50)
    parser.add_argument("--place", help="where to write (default: the temporary directory)")
    parser.add_argument("--blocks", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--loop", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.loop:
        print(loop(options.loop, options, None)[0])
        return 0
    options.blocks = blocks_of(options.work)
    kinds = ("alone", "keeper", "run")
    found: dict[str, list[float]] = {kind: [] for kind in kinds}
    telling: list[float] = []
    for _ in range(options.rounds):
        for kind in kinds:
            seconds, told = measure(kind, options)
            found[kind].append(seconds)
            telling += [told / options.saves] if kind == "keeper" else []
    medians = {kind: statistics.median(each) for kind, each in found.items()}
    for kind in kinds:
        ratio = medians[kind] / medians["alone"] - 1
        low, high = min(found[kind]), max(found[kind])
        print(f"{kind:7} {medians[kind]:7.3f} s  {low:7.3f}-{high:.3f}  {100 * ratio:+.2f} %")
    print(f"saved() returns after {1e6 * statistics.median(telling):.0f} microseconds")
    return int(max(medians[kind] for kind in kinds[1:]) > medians["alone"] * (1 + BUDGET))


if __name__ == "__main__":
    sys.exit(main())
