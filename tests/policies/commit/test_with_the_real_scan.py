"""The whole way: scan, plan, commit, undo, on a run as a framework leaves it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from keepstep.policies.catalog.scan import scan
from keepstep.policies.commit.commit import commit
from keepstep.policies.commit.undo import undo
from keepstep.policies.decisions import Action
from keepstep.policies.pins import pin
from keepstep.policies.plan import make_plan
from keepstep.policies.rules.policy import Policy
from keepstep.policies.rules.schema import policy_of

NOW = 1_800_000_000.0
SAVED_NS = 1_700_000_000_000_000_000
HEADER = json.dumps({"w": {"dtype": "U8", "shape": [2000], "data_offsets": [0, 2000]}}).encode()
WEIGHTS = len(HEADER).to_bytes(8, "little") + HEADER + bytes(2000)


@pytest.fixture
def training(tmp_path: Path) -> Path:
    root = tmp_path / "run7"
    for step in range(100, 1100, 100):
        folder = root / f"checkpoint-{step}"
        folder.mkdir(parents=True)
        (folder / "model.safetensors").write_bytes(WEIGHTS)
        (folder / "trainer_state.json").write_text(json.dumps({"global_step": step}))
        for path in (*folder.iterdir(), folder):
            os.utime(path, ns=(SAVED_NS + step, SAVED_NS + step))
    return root


def last(count: int) -> Policy:
    return policy_of({"name": "t", "keep": [{"last": count}]}, "test")


def planned(root: Path, count: int, **more: Any) -> Any:
    return make_plan(scan(str(root)), last(count), now=NOW, **more)


def test_keeps_the_last_and_brings_back_the_rest(training: Path) -> None:
    before = sorted(os.listdir(training))
    result = commit(planned(training, 3), clock=lambda: NOW)
    assert not result.skipped
    assert len(result.trashed) == 7
    assert result.promised.certain > 0
    again = planned(training, 3)
    assert not [d for d in again.decisions if d.action is Action.DELETE]
    assert commit(again).id == ""
    undo(str(training))
    assert sorted(os.listdir(training)) == sorted([*before, ".keepstep"])


def test_pinned_and_newest_are_named_as_reasons(training: Path) -> None:
    plan = planned(training, 3)
    pin(scan(str(training)), ["checkpoint-100"])
    for step in range(300, 1100, 100):
        (training / f"checkpoint-{step}").rename(training.parent / f"away-{step}")
    result = commit(plan, clock=lambda: NOW)
    why = {skipped.id: skipped.why for skipped in result.skipped}
    assert why["checkpoint-100"] == "pinned since the plan"
    assert why["checkpoint-200"].startswith("now protected: ")
    assert "newest" in why["checkpoint-200"]
    assert why["checkpoint-300"] == "vanished"
    assert not result.trashed


def test_a_rule_that_keeps_it_now_wins(training: Path) -> None:
    plan = planned(training, 3)
    for step in (800, 900):
        (training / f"checkpoint-{step}").rename(training.parent / f"away-{step}")
    result = commit(plan, clock=lambda: NOW)
    assert {s.id: s.why for s in result.skipped} == {
        "checkpoint-600": "the policy would keep it now",
        "checkpoint-700": "the policy would keep it now",
    }
