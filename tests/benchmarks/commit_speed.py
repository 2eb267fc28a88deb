"""How long a prune that purges takes, as ratios against `rm -rf` of the same checkpoints.

    python tests/benchmarks/commit_speed.py [--rounds N] [--directory DIR] [--real BYTES]

Whole processes, interleaved, medians: `prune --purge` starts, scans, plans, looks again at all that
goes, journals, moves and deletes; "the commit" is the same less what `plan` takes; `purge` deletes
what was moved before. Files are sparse, so that nothing but metadata is deleted, or hold as many
bytes as asked for. The budget of the commit is 1.4 x `rm -rf` on a local disk.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path

import slow_mount
from contest import Budget, Contest
from processes import KEEPSTEP
from trees import Yard

PRUNE = ["--keep-last", "1", "-y", "--quiet"]
SHAPES = ((200, 100), (20, 1000), (2000, 10), (2000, 100))  # checkpoints, files in each
HEADER = json.dumps({"w": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}}).encode()
WEIGHTS = len(HEADER).to_bytes(8, "little") + HEADER + bytes(1)
BUDGET, SLOW_BUDGET = 1.4, 0.15
THE_COMMIT = "prune --purge less plan"


def build(root: Path, checkpoints: int, files: int, real: int = 0) -> list[Path]:
    """A run of the Hugging Face Trainer; its checkpoints, oldest first."""
    history = [{"step": 100 * n, "loss": 1 / n} for n in range(1, checkpoints + 1)]
    found = []
    for n in range(1, checkpoints + 1):
        folder = root / f"checkpoint-{100 * n}"
        folder.mkdir(parents=True)
        (folder / "model.safetensors").write_bytes(WEIGHTS)
        state = {"global_step": 100 * n, "log_history": history if n == checkpoints else []}
        (folder / "trainer_state.json").write_text(json.dumps(state))
        for part in range(files - 2):
            with open(folder / f"shard-{part:04}.bin", "wb") as file:
                file.write(bytes(real))
                file.truncate(max(real, 1 << 20))
        found.append(folder)
    return found


def timed(command: Sequence[str | Path]) -> float:
    """Seconds of one run, which has to succeed."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def one_round(place: Path, checkpoints: int, files: int, real: int) -> dict[str, float]:
    """Build the same run for each subject, and time each on its own."""
    found = {}
    for name in ("rm -rf", "prune --purge", "prune", "start"):
        root = place / "run"
        doomed = build(root, checkpoints, files, real)[:-1]
        if name == "rm -rf":
            found[name] = timed(["rm", "-rf", *doomed])
        elif name == "start":
            found[name] = timed([*KEEPSTEP, "prune", "--help"])
            found["plan"] = timed([*KEEPSTEP, "plan", root, *PRUNE[:2]])
        elif name == "prune":
            found[name] = timed([*KEEPSTEP, "prune", root, *PRUNE])
            found["then purge"] = timed([*KEEPSTEP, "purge", root, "-y"])
        else:
            found[name] = timed([*KEEPSTEP, "prune", root, *PRUNE, "--purge"])
        left = [one for one in doomed if one.exists()] if name != "start" else []
        if left:
            raise RuntimeError(f"{name} left {left[0]}")
        shutil.rmtree(root)
    found["the commit"] = found["prune --purge"] - found["plan"]
    return found


def commit_fast(yard: Yard) -> Contest:
    """A prune that purges 199 of 200 checkpoints of 100 files, beside `rm -rf` of the same."""
    return _contest("commit and purge, 200 checkpoints of 100 files", yard, 200, 100, BUDGET, False)


def commit_slow(yard: Yard) -> Contest:
    """The same on a disk where every metadata request takes a millisecond."""
    title = "commit and purge, 30 checkpoints of 100 files, 1 ms for each request"
    if lacking := slow_mount.missing():
        return Contest(title, {}, missing=(lacking,))
    return _contest(title, yard, 30, 100, SLOW_BUDGET, True)


def _contest(
    title: str, yard: Yard, checkpoints: int, files: int, budget: float, slow: bool
) -> Contest:
    root = yard.spare("commit")

    def work(command: Callable[[Path, list[Path]], float]) -> float:
        shutil.rmtree(root, ignore_errors=True)
        doomed = [one.name for one in build(root, checkpoints, files)[:-1]]
        with slow_mount.slowed(root) if slow else nullcontext(root) as place:
            return command(place, [place / name for name in doomed])

    def removed(_: Path, doomed: list[Path]) -> float:
        return timed(["rm", "-rf", *doomed])

    def pruned(place: Path, _: list[Path]) -> float:
        return timed([*KEEPSTEP, "prune", place, *PRUNE, "--purge"])

    def committed(place: Path, doomed: list[Path]) -> float:
        planned = timed([*KEEPSTEP, "plan", place, *PRUNE[:2]])
        return pruned(place, doomed) - planned

    subjects = {"rm": lambda: work(removed), "prune --purge": lambda: work(pruned)}
    subjects[THE_COMMIT] = lambda: work(committed)
    budgets = (Budget("rm", budget, THE_COMMIT),)
    return Contest(title, subjects, budgets, most_rounds=3 if slow else None, warm_up=not slow)


def main() -> None:
    """Print medians and ratios for each shape."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--directory", type=Path, help="where to build (default: the system's)")
    parser.add_argument("--shapes", type=int, default=3, help="how many of the shapes")
    parser.add_argument("--real", type=int, default=0, metavar="BYTES", help="in each file")
    options = parser.parse_args()
    for checkpoints, files in SHAPES[: options.shapes]:
        taken: dict[str, list[float]] = {}
        for _ in range(options.rounds):
            with tempfile.TemporaryDirectory(dir=options.directory) as place:
                for name, seconds in one_round(
                    Path(place), checkpoints, files, options.real
                ).items():
                    taken.setdefault(name, []).append(seconds)
        say(f"{checkpoints:,} checkpoints of {files:,} files")
        rm = statistics.median(taken["rm -rf"])
        for name, seconds in taken.items():
            median = statistics.median(seconds)
            budget = f"  budget {BUDGET}" if name == "the commit" else ""
            say(f"  {name:16}{median * 1000:9.0f} ms {median / rm:6.2f} x rm -rf{budget}")


def say(line: str) -> None:
    """The benchmark's one way to speak."""
    print(line, flush=True)


if __name__ == "__main__":
    main()
