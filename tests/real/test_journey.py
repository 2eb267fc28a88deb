"""The whole journey with the real frameworks: scan, plan, pin, prune, resume training, undo.

Run by its own command (see the README), in an environment that has the frameworks.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ..tree_snapshot import Snapshot, snapshot
from .unpack import unpack

pytestmark = pytest.mark.real
HERE = Path(__file__).parent


def _needs(module: str) -> pytest.MarkDecorator:
    missing = importlib.util.find_spec(module) is None
    return pytest.mark.skipif(missing, reason=f"{module} is not installed here")


def _keepstep(*arguments: str | Path) -> dict:
    done = subprocess.run(
        [sys.executable, "-m", "keepstep.tui", *map(str, arguments)],
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if "--json" in arguments else {}


def _resume(script: str, *arguments: str | Path) -> dict:
    done = subprocess.run(
        [sys.executable, str(HERE / script), *map(str, arguments)],
        capture_output=True, text=True, check=False, env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def _prune(run: Path, before: Snapshot, oldest: str) -> set[str]:
    """Pin the oldest, keep the last three; returns the ids in the trash."""
    scanned = _keepstep("scan", run, "--json")
    planned = _keepstep("plan", run, "--keep-last", "3", "--json")
    assert len(planned["decisions"]) == len(scanned["checkpoints"])
    assert snapshot(run) == before
    _keepstep("pin", run, oldest, "--note", "where it began")
    done = _keepstep("prune", run, "--keep-last", "3", "-y", "--json")
    trashed = set(done["commit"]["trashed"])
    planned_away = {d["id"] for d in planned["decisions"] if d["action"] == "delete"}
    assert trashed == planned_away - {oldest}
    assert not any((run / name).exists() for name in trashed)
    assert (run / oldest).exists()
    return trashed


def _undone(run: Path, before: Snapshot, trashed: set[str]) -> None:
    _keepstep("undo", run)
    after = snapshot(run)
    for name, entry in before.items():
        if any(name == one or name.startswith(f"{one}/") for one in trashed):
            assert after[name] == entry, name


@_needs("transformers")
def test_transformers_resumes_from_what_is_left(tmp_path: Path):
    run, truth = unpack("transformers", tmp_path)
    before = snapshot(run)
    trashed = _prune(run, before, "checkpoint-10")
    assert truth["best"] not in trashed
    # The torn checkpoint-130 stays, and the Trainer would pick it by its number: name the newest.
    resumed = _resume("resume_transformers.py", run, "checkpoint-120")
    assert resumed["resumed_at"] == 120
    assert resumed["ended_at"] > 120
    _undone(run, before, trashed)


@_needs("lightning")
@pytest.mark.parametrize("name", ["lightning-link", "lightning-copy"])
def test_lightning_resumes_from_what_is_left(name: str, tmp_path: Path):
    run, truth = unpack(name, tmp_path)
    before = snapshot(run)
    trashed = _prune(run, before, truth["checkpoints"][0]["id"])
    folder = (run / truth["checkpoints"][0]["id"]).parent
    assert os.path.lexists(folder / "last.ckpt")
    resumed = _resume("resume_lightning.py", folder)
    assert resumed["resumed_at"] == 80
    _undone(run, before, trashed)
