"""What keeping costs a training loop, beside the same loop without it.

    python tests/benchmarks/training_overhead.py [--saves 60] [--work 0.5] [--mb 50] [--place DIR]

Each epoch computes for `work` seconds, which lets go of Python's lock as a framework does, and then
saves `mb` of weights. With the Keeper and without take turns epoch by epoch, so that whatever
else the machine does concerns both; the medians are compared. The budget is 2 % of an epoch.
`keepstep run` is a process of its own: of that the processor time is given, beside the loop's.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from keepstep.policies.training import Keeper

BUDGET = 0.02
KEPT = 20
COMMAND = [sys.executable, "-m", "keepstep.tui", "run", f"--keep-last={KEPT}", "-q"]
_BLOCK = bytes(1 << 20)


def epoch(root: Path, number: int, options: argparse.Namespace, weights: bytes) -> Path:
    """Compute and save."""
    digest = hashlib.sha256()
    for _ in range(options.blocks):
        digest.update(_BLOCK)
    path = root / f"model_epoch{number}.pth"
    with path.open("wb") as file:
        file.write(weights)
    return path


def blocks_of(seconds: float) -> int:
    """How many blocks take so long on this machine."""
    digest = hashlib.sha256()
    begun = time.perf_counter()
    for _ in range(200):
        digest.update(_BLOCK)
    return max(1, round(200 * seconds / (time.perf_counter() - begun)))


def taking_turns(place: Path, options: argparse.Namespace) -> tuple[float, ...]:
    """Medians: seconds of an epoch alone and of one after a told save, of processor, of telling."""
    weights = os.urandom(1 << 20) * options.mb
    alone, kept = place / "alone", place / "kept"
    alone.mkdir()
    kept.mkdir()
    keeper = Keeper(kept, f"last-{KEPT}", rank=0)
    seconds: dict[bool, list[float]] = {False: [], True: []}
    processor: dict[bool, list[float]] = {False: [], True: []}
    telling: list[float] = []
    for number in range(1, options.saves + 1):
        for told in (False, True):
            path = epoch(kept, number, options, weights) if told else None
            begun = time.process_time()
            if path is not None:
                before = time.perf_counter()
                keeper.saved(path, epoch=number)
                telling.append(time.perf_counter() - before)
            before = time.perf_counter()
            path = epoch(alone, number, options, weights)
            seconds[told].append(time.perf_counter() - before)
            keeper.wait()
            processor[told].append(time.process_time() - begun)
            path.unlink()
    keeper.close()
    used = statistics.median(processor[True]) - statistics.median(processor[False])
    return (
        *(statistics.median(seconds[told]) for told in (False, True)),
        used,
        statistics.median(telling),
    )


def beside(place: Path, options: argparse.Namespace) -> tuple[float, float]:
    """Processor seconds of `keepstep run` alone, and the seconds that the loop took."""
    line = [sys.executable, __file__, "--loop", str(place), "--blocks", str(options.blocks)]
    line += ["--saves", str(options.saves), "--mb", str(options.mb)]
    before = _processor()
    done = subprocess.run(
        [*COMMAND, "--dir", str(place), "--", *line], stdout=subprocess.PIPE, text=True, check=True
    )
    took, own = map(float, done.stdout.split()[-2:])
    return _processor() - before - own, took


def in_loop(options: argparse.Namespace) -> None:
    """The loop that `run` is put around."""
    weights = os.urandom(1 << 20) * options.mb
    begun = time.perf_counter()
    for number in range(1, options.saves + 1):
        print(f"Saved checkpoint: {epoch(options.loop, number, options, weights)}", flush=True)
    print(time.perf_counter() - begun, sum(os.times()[:2]))


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _in_a_place(options: argparse.Namespace, measure: Callable[..., tuple[float, ...]]) -> tuple:
    with tempfile.TemporaryDirectory(dir=options.place) as place:
        return measure(Path(place), options)


def main() -> int:
    """Print the medians and their ratio; 1 when over the budget."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--saves", type=int, default=60)
    parser.add_argument("--work", type=float, default=0.5)
    parser.add_argument("--mb", type=int, default=50)
    parser.add_argument("--place", help="where to write (default: the temporary directory)")
    parser.add_argument("--blocks", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--loop", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.loop:
        in_loop(options)
        return 0
    options.blocks = blocks_of(options.work)
    alone, kept, used, telling = _in_a_place(options, taking_turns)
    ratio = kept / alone - 1
    print(f"an epoch alone {alone:.4f} s, after a told save {kept:.4f} s: {100 * ratio:+.2f} %")
    print(
        f"the round beside it took {1e3 * used:.1f} ms of a processor: {100 * used / alone:.2f} %"
    )
    print(f"saved() returns after {1e6 * telling:.0f} microseconds")
    processor, took = _in_a_place(options, beside)
    print(
        f"keepstep run: {1e3 * processor / options.saves:.1f} ms of a processor a save, "
        f"{100 * processor / took:.2f} % of one"
    )
    return int(ratio > BUDGET)


if __name__ == "__main__":
    sys.exit(main())
