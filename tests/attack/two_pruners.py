"""Two pruners at once, as real commands: one wins, the other says one clear thing.

    python tests/attack/two_pruners.py [--rounds 1000]

The other may also come late and find nothing to do. The run is whole, and `undo` restores it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from ground import (
    COMMAND,
    GOING,
    PRUNE,
    Seen,
    ViolationError,
    build,
    demand,
    each_is_whole,
    look,
    loose,
    run,
    undo_all,
)
from traced import in_parallel

# Both wait at one gate, with everything imported, so that they really meet.
_START = """
import sys
import keepstep.tui.cli as c, keepstep.tui.commands.prune, keepstep.policies.commit.commit
import msgspec, yaml
print("ready", flush=True); sys.stdin.readline(); c.cli.main(sys.argv[1:])
"""


def together(root: Path) -> list[tuple[int, str]]:
    """Exit code and words of two commands that start at the same moment."""
    script = root.parent / "keepstep"  # by its name one command of keepstep knows another
    script.write_text(_START)
    line = [COMMAND[0], str(script), "prune", str(root), *PRUNE]
    both = [
        subprocess.Popen(
            line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for each in both:
        assert each.stdout is not None
        each.stdout.readline()
    for each in both:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    said = [each.communicate(timeout=60) for each in both]
    return [(each.returncode, out + err) for each, (out, err) in zip(both, said, strict=True)]


def attack(_: int) -> str:
    """One round; how it ended, or the violation."""
    with tempfile.TemporaryDirectory() as place:
        root = Path(place, "run")
        before = build(root)
        answers = together(root)
        try:
            return _judged(root, before, answers)
        except ViolationError as violation:
            return f"violation: {violation}: {[(c, w[-400:]) for c, w in answers]}"


def _judged(root: Path, before: Seen, answers: list[tuple[int, str]]) -> str:
    won = [words for code, words in answers if f"moved {len(GOING)} checkpoints" in words]
    demand(len(won) == 1, f"{len(won)} winners")
    [(code, words)] = [one for one in answers if one[1] not in won]
    demand("Traceback" not in "".join(words for _, words in answers), "a traceback")
    busy = code == 2 and "has been committing here" in words
    late = code in (0, 1) and any(
        word in words for word in ("vanished", "nothing to delete", "nothing was moved")
    )
    demand(busy or late or code == 2, f"exit code {code}")
    demand(busy or late or "keepstep:" in words, "no clear message")
    each_is_whole(root, before)
    demand(len(run("history", root).stdout.splitlines()) >= 1, "no history")
    undo_all(root)
    demand(loose(look(root)) == loose(before), "undo did not restore the run exactly")
    return "busy" if busy else "late"


def main() -> int:
    """As many rounds as asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    options = parser.parse_args()
    results = in_parallel(attack, list(range(options.rounds)))
    violations = [result for result in results if result.startswith("violation")]
    busy = results.count("busy")
    print(f"{len(results)} rounds, {busy} met at the lock, {len(violations)} violations")
    print(*violations, sep="\n", end="\n" if violations else "")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
