"""The log of a run: every value that was logged, not only those of the checkpoints left."""

from __future__ import annotations

import json
from pathlib import Path

from keepstep.policies import make_plan, scan
from keepstep.policies.rules.threshold import Bound, ThresholdRule

from ..catalogs import NOW, kept_steps, policy
from ..trees import hugging_face


def _log_also(folder: Path, rows: list[dict[str, float]]) -> None:
    file = folder / "trainer_state.json"
    state = json.loads(file.read_text())
    state["log_history"] = sorted([*state["log_history"], *rows], key=lambda row: row["step"])
    file.write_text(json.dumps(state))


def test_the_log_is_that_of_the_newest_state(tmp_path: Path):
    hugging_face(tmp_path, [100, 200], losses={100: 0.5, 200: 0.25})
    _log_also(tmp_path / "checkpoint-200", [{"loss": 1 / s, "step": s} for s in range(10, 201, 10)])
    log = scan(str(tmp_path)).series[0].metric_log
    assert set(log) == {"loss", "eval_loss"}
    assert log["eval_loss"] == ((100, 0.5), (200, 0.25))
    assert len(log["loss"]) == 20
    assert "eval_acc" not in log


def test_a_mean_over_the_log_of_a_real_run(tmp_path: Path):
    steps = range(100, 601, 100)
    hugging_face(tmp_path, steps, losses=dict.fromkeys(steps, 0.1))
    noisy = [{"loss": 0.0 if s % 100 == 0 else 60 / s, "step": s} for s in range(20, 601, 20)]
    _log_also(tmp_path / "checkpoint-600", noisy)
    rule = ThresholdRule((Bound("loss", "max", 0.2, window=5), Bound("eval_loss", "max", 0.15)))
    plan = make_plan(scan(str(tmp_path)), policy(rule), now=NOW)
    assert kept_steps(plan) == [300, 400, 500, 600]  # the mean at 200 is 0.33


def test_a_run_without_logs_has_an_empty_one(tmp_path: Path):
    hugging_face(tmp_path, [100])
    assert not scan(str(tmp_path)).series[0].metric_log
