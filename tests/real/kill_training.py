"""Train for real with a callback, kill it at a random moment, look at what is left, resume.

    python tests/real/kill_training.py transformers|lightning|keras|orbax [--rounds 50] [--seed 1]

After each kill (SIGKILL) the newest save that was finished is there, whole and loadable, and so is
the best one; the next process must go on from the newest. Every process is forked from one that
has imported the framework but not begun with it, so that a round takes a second or two. Prints a
summary as JSON; anything wrong ends it with a traceback.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path
from types import ModuleType

from keepstep.policies.catalog.model import Checkpoint, Standing, State
from keepstep.policies.catalog.scan import scan
from ledger import Ledger, Note

FRAMEWORKS = ("transformers", "lightning", "keras", "orbax")
LAST = 2
POLICY = """\
name: last and best
keep:
  - last: {last}
  - best: {{metric: {metric}, mode: min, count: 1}}
undo_window: 5s
"""
LONGEST_START = 120.0  # seconds
MOST_LEFT = 40  # whole checkpoints: the policy's three, and what was saved since its last round


def written_policy(folder: Path, metric: str, last: int = LAST) -> Path:
    path = folder / "policy.yaml"
    path.write_text(POLICY.format(last=last, metric=metric))
    return path


def whole(place: Path) -> list[Checkpoint]:
    """What keepstep takes for complete, from oldest to newest."""
    found = scan(str(place)).checkpoints if place.is_dir() else ()
    numbered = [one for one in found if one.standing is Standing.NUMBERED]
    return sorted(
        (one for one in numbered if one.state is State.COMPLETE), key=lambda one: one.number or 0
    )


def best_saved(notes: list[Note], there: set[str]) -> Note | None:
    """The best of what was ever saved: finished, or whole though its process died over it."""
    begun = {note.step: note for note in notes if note.what == "begun"}
    finished = {note.step for note in notes if note.what == "finished"}
    saved = [note for note in begun.values() if note.step in finished or note.name in there]
    return min(saved, key=lambda note: note.value or 0.0, default=None)


def check(place: Path, notes: list[Note]) -> Checkpoint | None:
    """Raises AssertionError unless the newest finished save and the best are there and whole."""
    left = whole(place)
    there = {one.id for one in left}
    names = {note.step: note.name for note in notes if note.what == "begun"}
    finished = [note.step for note in notes if note.what == "finished"]
    if finished:
        newest = names[max(finished)]
        assert newest in there, f"{newest} was saved last and is gone; left: {sorted(there)}"
        best = best_saved(notes, there)
        assert best is not None
        assert best.name in there, f"{best.name} was the best and is gone; left: {sorted(there)}"
    return left[-1] if left else None


def spawn(module: ModuleType, folder: Path, policy: Path, ledger: Ledger) -> int:
    """The pid of a process that loads the best, and goes on from the newest, until it is killed."""
    place = folder / "run"
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        fd = os.open(folder / "output.txt", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        os.dup2(fd, 1)
        os.dup2(fd, 2)
        left = whole(place)
        best = best_saved(ledger.notes(), {one.id for one in left})
        if best is not None:
            module.load(place / best.name)
        resume = place / left[-1].id if left else None
        module.train(place, ledger, policy=policy, resume=resume)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def until_started(pid: int, ledger: Ledger, before: int, folder: Path) -> Note:
    """Wait for the process to say where it takes up; its first note."""
    deadline = time.monotonic() + LONGEST_START
    while time.monotonic() < deadline:
        notes = ledger.notes()
        if len(notes) > before:
            return notes[before]
        if os.waitpid(pid, os.WNOHANG)[0]:
            break
        time.sleep(0.01)
    raise AssertionError(f"training did not start:\n{(folder / 'output.txt').read_text()[-3000:]}")


def kill_rounds(framework: str, rounds: int, folder: Path, seed: int) -> dict[str, object]:
    """So many kills, each followed by a look at what is left."""
    module = importlib.import_module(f"kept_{framework}")
    chance = random.Random(seed)
    ledger = Ledger(folder / "ledger.jsonl")
    place = folder / "run"
    place.mkdir()
    policy = written_policy(folder, module.METRIC)
    newest: Checkpoint | None = None
    torn, most, resumed = 0, 0, 0
    for _ in range(rounds):
        before = len(ledger.notes())
        pid = spawn(module, folder, policy, ledger)
        started = until_started(pid, ledger, before, folder)
        assert started.what == "started"
        if newest is not None:
            number = newest.step if newest.step is not None else newest.epoch
            assert started.step == number, f"went on from {started.step}, not from {newest.id}"
            resumed += 1
        time.sleep(chance.uniform(0.0, 2.5))
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        output = (folder / "output.txt").read_text()
        assert os.WIFSIGNALED(status), f"it ended by itself:\n{output[-3000:]}"
        notes = ledger.notes()
        newest = check(place, notes)
        torn += notes[-1].what == "begun"
        most = max(most, len(whole(place)))
        assert most <= MOST_LEFT, f"nothing is deleted:\n{output[-3000:]}"
    notes = ledger.notes()
    return {
        "framework": framework,
        "kills": rounds,
        "resumed from the newest": resumed,
        "killed within a save": torn,
        "saves": sum(note.what == "finished" for note in notes),
        "most checkpoints left by a kill": most,
        "last step": max(note.step for note in notes),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("framework", choices=FRAMEWORKS)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="an empty one, to look into afterwards")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        found = kill_rounds(options.framework, options.rounds, folder, options.seed)
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
