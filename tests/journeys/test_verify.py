"""Verify a run, have its newest checkpoint damaged, and prune: the one before it stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from keepstep.policies import scan
from keepstep.policies.catalog.model import State

from ..policies.trees import hugging_face
from .command_line import keepstep

STEPS = range(100, 600, 100)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    hugging_face(tmp_path / "run7", STEPS)
    return tmp_path / "run7"


def _damage(run: Path, step: int) -> None:
    """Flip a byte of a tensor and leave everything else as it was, the size too."""
    path = run / f"checkpoint-{step}" / "optimizer.pt"
    data = path.read_bytes()
    at = data.index(b"xxxx")
    path.write_bytes(data[:at] + b"y" + data[at + 1 :])


def _verdicts(run: Path, *options: str) -> dict[str, tuple[str, bool]]:
    document = json.loads(keepstep("verify", run, "--json", *options).stdout)
    return {one["id"]: (one["verdict"], one["remembered"]) for one in document["checkpoints"]}


def test_whole_checkpoints_are_said_to_be_and_remembered(run: Path):
    first = keepstep("verify", run)
    assert first.returncode == 0
    assert "5 checkpoints: 5 whole" in first.stdout
    assert all(verdict == ("whole", True) for verdict in _verdicts(run).values())
    assert all(verdict == ("whole", False) for verdict in _verdicts(run, "--again").values())
    assert "verified" in keepstep("scan", run).stdout


def test_a_damaged_newest_protects_the_one_before(run: Path):
    _damage(run, 500)
    found = keepstep("verify", run)
    assert found.returncode == 1
    assert "optimizer.pt: optimizer/data/0 in it is damaged" in found.stdout
    assert "5 checkpoints: 4 whole, 1 damaged" in found.stdout
    pruned = keepstep("prune", run, "--keep-last", "1", "-y")
    assert pruned.returncode == 0
    assert {path.name for path in run.glob("checkpoint-*")} == {"checkpoint-400", "checkpoint-500"}
    states = {one.step: (one.state, one.evidence) for one in scan(str(run)).checkpoints}
    assert states[400] == (State.COMPLETE, "")
    assert states[500][0] is State.UNREADABLE
    assert states[500][1].startswith("damaged: optimizer.pt: optimizer/data/0 in it is damaged")


def test_a_verdict_ends_with_the_next_change(run: Path):
    keepstep("verify", run)
    _damage(run, 300)
    assert _verdicts(run)["checkpoint-300"] == ("damaged", False)
    assert _verdicts(run)["checkpoint-300"] == ("damaged", True)
    assert _verdicts(run, "--again")["checkpoint-300"] == ("damaged", False)
    assert _verdicts(run)["checkpoint-200"] == ("whole", True)


def test_the_structure_is_no_substitute_for_sums(run: Path):
    _damage(run, 200)
    assert _verdicts(run, "--quick")["checkpoint-200"] == ("whole", False)
    assert _verdicts(run, "--quick")["checkpoint-200"] == ("whole", True)
    assert _verdicts(run)["checkpoint-200"] == ("damaged", False)
    assert _verdicts(run, "--quick")["checkpoint-200"] == ("damaged", True)


def test_verdicts_bind_whoever_scans_above_and_move_with_the_run(run: Path):
    _damage(run, 500)
    keepstep("verify", run.parent)
    assert scan(str(run)).checkpoints[-1].state is State.UNREADABLE
    moved = run.rename(run.parent / "run8")
    assert scan(str(moved.parent)).checkpoints[-1].state is State.UNREADABLE


def test_some_by_name(run: Path):
    assert set(_verdicts(run, "checkpoint-200", "checkpoint-400")) == {
        "checkpoint-200",
        "checkpoint-400",
    }
    refused = keepstep("verify", run, "checkpoint-900")
    assert refused.returncode == 2
    assert "no checkpoint 'checkpoint-900'" in refused.stderr


def test_what_is_unfinished_is_skipped(run: Path):
    (run / "checkpoint-500" / "trainer_state.json").unlink()
    assert _verdicts(run)["checkpoint-500"] == ("skipped", False)
    assert _verdicts(run)["checkpoint-500"] == ("skipped", False)


def test_a_file_of_verdicts_that_makes_no_sense_is_refused(run: Path):
    keepstep("verify", run)
    verdicts = run / ".keepstep" / "verified.json"
    verdicts.write_text("{")
    refused = keepstep("plan", run)
    assert refused.returncode == 2
    assert "verified.json" in refused.stderr
