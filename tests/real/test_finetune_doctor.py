"""The nearest tool of this kind on the same real runs: same pick, and no fewer bytes freed.

finetune-doctor (from the package registry) strips Hugging Face runs and deletes at once; so each
has a copy of its own. Run by its own command (see the README), where it is installed.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ..tree_snapshot import snapshot
from .test_slim import _framework, _keepstep

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        any(importlib.util.find_spec(one) is None for one in ("transformers", "finetune_doctor")),
        reason="transformers or finetune-doctor not installed here",
    ),
]
SCRIPT = "doctored_transformers.py"
BEST = ("--keep-best", "1", "--metric", "eval_loss", "--mode", "min")


def _removed(run: Path, before: set[str]) -> set[str]:
    """Files that are gone; what was set aside under another name frees nothing."""
    gone = before - set(snapshot(run))
    return {name for name in gone if not (run / f"{name}.slimmed").exists()}


def _sizes(run: Path) -> dict[str, int]:
    return {
        str(path.relative_to(run)): path.stat().st_size
        for path in run.rglob("*")
        if path.is_file() and ".keepstep" not in path.parts
    }


@pytest.mark.parametrize("unsaved", [False, True])
def test_the_same_pick_and_no_fewer_bytes(unsaved: bool, tmp_path: Path):
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    _framework(SCRIPT, "train", ours)
    if unsaved:  # the best evaluation is of a step that nobody kept
        report = _keepstep("plan", ours, *BEST, "--json")
        best = [d["id"] for d in report["decisions"] if _is_best(d)]
        shutil.rmtree(ours / best[0])
    shutil.copytree(ours, theirs)
    sizes = _sizes(ours)

    said = _framework(SCRIPT, "doctor", theirs)
    done = _keepstep("prune", ours, "--keep-last", "1", *BEST, "--slim-last", "999", "-y", "--json")

    # The same one is the best that is there, and it and the newest stay whole in both.
    [pick] = [d["step"] for d in done["decisions"] if _is_best(d)]
    assert pick == said["pick"]
    assert said["unsaved"] is unsaved
    kept = {d["step"] for d in done["decisions"] if d["action"] == "keep"}
    assert kept == set(said["kept"])

    by_us, by_them = _removed(ours, set(sizes)), _removed(theirs, set(sizes))
    assert by_us >= by_them
    assert sum(sizes[name] for name in by_us) >= sum(sizes[name] for name in by_them)
    assert sum(sizes[name] for name in by_them) == said["freed"]

    # What is as good as the best: within twice the noise and at least a hundredth for them,
    # within the noise for us; so ours are among theirs.
    told = _keepstep_said("plan", theirs, *BEST)
    assert ("was measured at step" in told) is unsaved
    assert _equal_by_us(told) <= len(said["equal"])
    _keepstep("undo", ours)
    assert _sizes(ours) == sizes


def _keepstep_said(*arguments: str | Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "keepstep.tui", *map(str, arguments)],
        capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return done.stdout + done.stderr


def _equal_by_us(told: str) -> int:
    """How many we call as good as the best, by the note of `plan`."""
    match = re.search(r": ([0-9]+) others? (?:is|are) as good as the best eval_loss", told)
    return int(match[1]) if match else 0


def _is_best(decision: dict[str, object]) -> bool:
    reasons = decision["reasons"]
    assert isinstance(reasons, list)
    return decision["action"] == "keep" and any(one.get("rule") == "best" for one in reasons)
