"""The whole journey with the real frameworks: scan, plan, pin, prune, resume training, undo.

Run by its own command (see the README), in an environment that has the frameworks.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ..tree_snapshot import Snapshot, snapshot
from .unpack import unpack

pytestmark = pytest.mark.real
HERE = Path(__file__).parent
STEPS_EACH = 7  # between two saves of the scripts that train


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


def _resume(script: str, *arguments: str | Path | int) -> dict:
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


def _step(name: str) -> int:
    found = re.search(r"(?:step=|checkpoint-)([0-9]+)", name)
    assert found is not None
    return int(found[1])


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
    restored = max(trashed, key=_step)
    again = _resume("resume_transformers.py", run, restored)
    assert again["resumed_at"] == _step(restored)


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
    restored = max(trashed, key=_step)
    again = _resume("resume_lightning.py", run / restored)
    assert again["resumed_at"] == _step(restored)


@_needs("accelerate")
@pytest.mark.parametrize("root", ["", "checkpoints"])
def test_accelerate_resumes_beside_pins_and_trash(root: str, tmp_path: Path):
    oldest = "checkpoint_0" if root else "checkpoints/checkpoint_0"
    _trains_prunes_and_resumes("train_accelerate.py", tmp_path / "run", root, lambda _: oldest)


@_needs("orbax")
def test_orbax_resumes_beside_pins_and_trash(tmp_path: Path):
    _trains_prunes_and_resumes("train_orbax.py", tmp_path / "run", "", lambda _: str(STEPS_EACH))


@_needs("keras")
def test_keras_resumes_beside_pins_and_trash(tmp_path: Path):
    def first(run: Path) -> str:
        return next(path.name for path in run.glob("01-*.keras"))

    _trains_prunes_and_resumes("train_keras.py", tmp_path / "run", "", first)


def _trains_prunes_and_resumes(
    script: str, run: Path, root: str, oldest: Callable[[Path], str]
) -> None:
    """Six saves, a prune with a pin, one more save; undo, and one more: no step is lost."""
    begun = _resume(script, run, 6)
    assert begun == {"resumed_at": 0, "ended_at": 6 * STEPS_EACH}
    scanned = run / root
    before = snapshot(scanned)
    trashed = _prune(scanned, before, oldest(run))
    assert len(trashed) == 2
    resumed = _resume(script, run, 1)
    assert resumed == {"resumed_at": 6 * STEPS_EACH, "ended_at": 7 * STEPS_EACH}
    _undone(scanned, before, trashed)
    again = _resume(script, run, 1)
    assert again == {"resumed_at": 7 * STEPS_EACH, "ended_at": 8 * STEPS_EACH}


@_needs("safetensors")
def test_what_safetensors_has_mapped_is_skipped(tmp_path: Path):
    run, _ = unpack("transformers", tmp_path)
    weights = run / "checkpoint-10/model.safetensors"
    reader = (
        "import sys; from safetensors import safe_open\n"
        "with safe_open(sys.argv[1], 'pt') as file:\n"
        "    print(list(file.keys())[0], flush=True); sys.stdin.read()\n"
    )
    process = subprocess.Popen([sys.executable, "-c", reader, weights],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline()
    planned = _keepstep("plan", run, "--keep-last", "3", "--json")
    process.communicate()
    reasons = next(one["reasons"] for one in planned["decisions"] if one["id"] == "checkpoint-10")
    assert [one["protection"] for one in reasons] == ["open"]
    assert str(process.pid) in reasons[0]["text"]
