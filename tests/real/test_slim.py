"""Slim real runs by the real command: what is left loads, and nothing resumes from it unawares.

Run by its own command (see the README), in an environment that has the frameworks.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ..tree_snapshot import snapshot

pytestmark = pytest.mark.real
HERE = Path(__file__).parent
LOADS = ("load", "module")


def _needs(*modules: str) -> pytest.MarkDecorator:
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f"{missing} not installed here")


def _keepstep(*arguments: str | Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "keepstep.tui", *map(str, arguments)],
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if "--json" in arguments else {}


def _framework(script: str, *arguments: str | Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(HERE / script), *map(str, arguments)],
        capture_output=True, text=True, check=False, env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def _slim(run: Path) -> dict[str, Any]:
    """All but the newest two, all of them slim."""
    done = _keepstep("prune", run, "--keep-last", "2", "--slim-last", "99", "-y", "--json")
    assert done["summary"]["delete"] == 0
    assert done["commit"]["trashed"] == []
    return done


def _slim_nothing(run: Path) -> list[str]:
    """Why each of the older ones stays whole."""
    before = snapshot(run)
    done = _keepstep("prune", run, "--keep-last", "2", "--slim-last", "99", "-y", "--json")
    assert (done["summary"]["slim"], done["summary"]["delete"], done["commit"]) == (0, 0, None)
    assert _changed(snapshot(run), before) == set()
    return [one["reasons"][-1]["text"] for one in done["decisions"][:-2]]


def _changed(found: dict[str, Any], before: dict[str, Any]) -> set[str]:
    return {name for name in before if name not in found}


@_needs("transformers", "peft")
@pytest.mark.parametrize("kind", ["full", "sharded", "peft"])
def test_the_trainers_checkpoints(kind: str, tmp_path: Path):
    run = tmp_path / "run"
    script = "slim_transformers.py"
    _framework(script, "train", kind, run)
    before = snapshot(run)
    loaded = _framework(script, "load", kind, run, "checkpoint-20")

    done = _slim(run)
    assert done["commit"]["slimmed"] == ["checkpoint-10", "checkpoint-20", "checkpoint-30"]
    left = set(_changed(snapshot(run), before))
    assert {Path(name).name for name in left} == {
        "optimizer.pt", "scheduler.pt", "rng_state.pth", "trainer_state.json",
    }  # fmt: skip
    assert _framework(script, "load", kind, run, "checkpoint-20") == loaded

    # From the newest training goes on; from a slimmed one it fails at once, naming the file.
    refused = _framework(script, "resume", kind, run, "checkpoint-20")
    assert refused["error"] == "FileNotFoundError"
    assert "checkpoint-20/trainer_state.json" in refused["text"]
    resumed = _framework(script, "resume", kind, run)
    assert resumed["ended_at"] == 55

    _keepstep("undo", run)
    after = snapshot(run)
    assert {name: after[name] for name in before if name.startswith("checkpoint-")} == {
        name: entry for name, entry in before.items() if name.startswith("checkpoint-")
    }
    assert _framework(script, "resume", kind, run, "checkpoint-20")["ended_at"] == 55


@_needs("accelerate")
def test_states_of_accelerate(tmp_path: Path):
    run, script = tmp_path / "run", "slim_accelerate.py"
    _framework(script, "train", run)
    before = snapshot(run)
    loaded = _framework(script, "load", run, "checkpoints/checkpoint_1")
    _slim(run)
    assert _framework(script, "load", run, "checkpoints/checkpoint_1") == loaded
    refused = _framework(script, "resume", run, "checkpoints/checkpoint_1")
    assert refused["error"] == "FileNotFoundError"
    assert "optimizer.bin" in refused["text"]
    assert _framework(script, "resume", run)["moments"] > 0
    _keepstep("undo", run)
    after = snapshot(run)
    assert {n: after[n] for n in before if n != "."} == {
        n: e for n, e in before.items() if n != "."
    }
    assert _framework(script, "resume", run, "checkpoints/checkpoint_1")["moments"] > 0


@_needs("deepspeed")
@pytest.mark.parametrize("stage", ["1", "2"])
def test_zero_1_and_2_of_deepspeed(stage: str, tmp_path: Path):
    run, script = tmp_path / "run", "slim_deepspeed.py"
    _framework(script, "train", stage, run)
    before = snapshot(run)
    loaded = {how: _framework(script, how, stage, run, "global_step2") for how in LOADS}
    done = _slim(run)
    assert done["commit"]["slimmed"] == ["global_step1", "global_step2", "global_step3"]
    left = _changed(snapshot(run), before)
    assert {Path(name).name for name in left} == {"bf16_zero_pp_rank_0_mp_rank_00_optim_states.pt"}
    for how in LOADS:
        assert _framework(script, how, stage, run, "global_step2") == loaded[how]
    refused = _framework(script, "resume", stage, run, "global_step2")
    assert refused["error"] == "FileNotFoundError"
    assert "global_step2/bf16_zero_pp_rank_0_mp_rank_00_optim_states.pt" in refused["text"]
    assert _framework(script, "resume", stage, run)["steps"] == 5
    _keepstep("undo", run)
    after = snapshot(run)
    assert {n: after[n] for n in before if n != "."} == {
        n: e for n, e in before.items() if n != "."
    }
    assert _framework(script, "resume", stage, run, "global_step2")["steps"] == 2


@_needs("deepspeed")
def test_zero_3_stays_whole_and_says_why(tmp_path: Path):
    run = tmp_path / "run"
    _framework("slim_deepspeed.py", "train", "3", run)
    done = _slim_nothing(run)
    assert all("with ZeRO-3 the weights lie in the partitions" in why for why in done)


@_needs("stable_baselines3", "gymnasium")
def test_replay_buffers_of_stable_baselines(tmp_path: Path):
    run, script = tmp_path / "run", "slim_stable_baselines.py"
    _framework(script, "train", run)
    before = snapshot(run)
    loaded = _framework(script, "load", run, "100")
    _slim(run)
    left = _changed(snapshot(run), before)
    assert left == {f"dqn_replay_buffer_{step}_steps.pkl" for step in (50, 100, 150)}
    assert _framework(script, "load", run, "100") == loaded
    refused = _framework(script, "resume", run, "100")
    assert refused["error"] == "FileNotFoundError"
    assert "dqn_replay_buffer_100_steps.pkl" in refused["text"]
    assert _framework(script, "resume", run, "250")["held"] == 249
    _keepstep("undo", run)
    after = snapshot(run)
    assert {n: after[n] for n in before if n != "."} == {
        n: e for n, e in before.items() if n != "."
    }
    assert _framework(script, "resume", run, "100") == {"held": 99, "ended_at": 120}
