"""A training run that is alive: every command says so, and what it has open stays."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from ..policies.processes.using import holding
from .command_line import build_run, keepstep

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="psutil elsewhere")


def test_it_is_shown_and_what_it_reads_is_skipped(tmp_path: Path):
    run = build_run(tmp_path / "run7")
    weights, log = run / "checkpoint-100/model.safetensors", run / "training.log"
    with holding(tmp_path, append=log, map=weights) as pid:
        alive = re.compile(
            rf"pid {pid} \(python\S* train\.py\) has 1 file open for writing; last save \d+ y ago"
        )
        for command in (("scan",), ("plan", "--keep", "5"), ("prune", "--keep", "5", "--dry-run")):
            done = keepstep(command[0], run, *command[1:])
            assert alive.search(done.stdout), command
        document = json.loads(keepstep("scan", run, "--json").stdout)["processes"]
        seen = next(one for one in document["seen"] if one["pid"] == pid)
        assert seen["open"] == [
            {"path": "checkpoint-100/model.safetensors", "writing": False},
            {"path": "training.log", "writing": True},
        ]
        pruned = keepstep("prune", run, "--keep", "5", "-y")
        assert pruned.returncode == 0
        assert "moved 24 checkpoints" in pruned.stdout
    assert weights.exists()
    after = keepstep("plan", run, "--keep", "5")
    assert "pid " not in after.stdout
    assert keepstep("prune", run, "--keep", "5", "-y").returncode == 0
    assert not weights.exists()
    assert keepstep("undo", run).returncode == 0
    assert weights.exists()


def test_a_plan_file_from_before_does_not_touch_what_is_open_now(tmp_path: Path):
    run = build_run(tmp_path / "run7")
    assert keepstep("plan", run, "--keep", "5", "-o", str(tmp_path / "plan.json")).returncode == 0
    with holding(tmp_path, read=run / "checkpoint-200/optimizer.pt") as pid:
        applied = keepstep("apply", tmp_path / "plan.json", "-y")
    assert applied.returncode == 1
    assert f"skipped checkpoint-200: now kept: open in pid {pid} (python" in applied.stdout
    assert (run / "checkpoint-200").exists()
    assert not (run / "checkpoint-300").exists()
