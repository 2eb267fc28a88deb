"""What a Hugging Face run itself calls best, and what is said when its pointer disagrees."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from keepstep.policies import scan
from keepstep.policies.catalog.model import Catalog

from ..readers import samples
from ..trees import hugging_face

LOSSES = {100: 0.5, 200: 0.25, 300: 0.75}


def _run(root: Path, metric: str | None, greater: bool | None, best: str = "") -> Catalog:
    hugging_face(root, LOSSES, losses=LOSSES, best=best)
    arguments = samples.Arguments(metric_for_best_model=metric, greater_is_better=greater)
    for step in LOSSES:
        (root / f"checkpoint-{step}" / "training_args.bin").write_bytes(
            samples.torch_zip(arguments)
        )
    return scan(str(root))


@pytest.mark.parametrize(
    ("metric", "greater", "selects_by"),
    [
        ("loss", False, ("eval_loss", "min")),
        ("eval_loss", True, ("eval_loss", "max")),
        ("eval_loss", None, None),
        (None, None, None),
    ],
)
def test_the_run_says_its_metric_and_direction(tmp_path: Path, metric, greater, selects_by):
    [series] = _run(tmp_path, metric, greater).series
    assert series.selects_by == selects_by


def test_a_pointer_that_agrees_is_not_mentioned(tmp_path: Path):
    assert _run(tmp_path, "loss", False, "out/checkpoint-200").warnings == ()


def test_a_pointer_that_disagrees_is_named_with_the_better_one(tmp_path: Path):
    found = _run(tmp_path, "loss", False, "out/checkpoint-100")
    [warning] = found.warnings
    assert "checkpoint-100 as its best (eval_loss 0.5)" in warning
    assert "checkpoint-200 has 0.25" in warning
    assert [one.id for one in found.checkpoints if one.pointed_to_by] == ["checkpoint-100"]


def test_a_pointer_to_what_is_gone_says_nothing_about_the_rest(tmp_path: Path):
    [warning] = _run(tmp_path, "loss", False, "out/checkpoint-50").warnings
    assert "dangling" in warning


@pytest.mark.parametrize(("metric", "loaded"), [(None, False), ("loss", True)])
def test_a_run_that_selects_nothing_does_not_wait_for_the_reader(tmp_path: Path, metric, loaded):
    _run(tmp_path, metric, False)
    code = (
        "import sys; from keepstep.policies import scan; scan(sys.argv[1]);"
        "print('keepstep.policies.catalog.readers.torch_file' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    assert subprocess.check_output(command, text=True).strip() == str(loaded)


def test_the_newest_complete_checkpoint_speaks(tmp_path: Path):
    _run(tmp_path, "loss", False)
    arguments = tmp_path / "checkpoint-300" / "training_args.bin"
    arguments.write_bytes(b"PK\x03\x04 torn")
    assert scan(str(tmp_path)).series[0].selects_by == ("eval_loss", "min"), "that of 200"
    arguments.write_bytes(b"no arguments at all")
    assert scan(str(tmp_path)).series[0].selects_by is None


def _recorded(root: Path, best: float | None, *also: str) -> Catalog:
    """A run that recorded the value of its best, not of which metric; `also` have the same."""
    hugging_face(root, LOSSES, losses=LOSSES)
    newest = root / "checkpoint-300" / "trainer_state.json"
    state = json.loads(newest.read_text())
    for row in state["log_history"]:
        row.update(dict.fromkeys(also, row["eval_loss"]))
    newest.write_text(json.dumps({**state, "best_metric": best}))
    return scan(str(root))


@pytest.mark.parametrize(
    ("best", "selects_by"),
    [
        (0.25, ("eval_loss", "min")),
        (0.75, ("eval_loss", "max")),
        (0.5, None),
        (0.1, None),
        (None, None),
    ],
    ids=["the lowest", "the highest", "neither", "never logged", "nothing recorded"],
)
def test_the_metric_is_found_by_the_value_of_its_best(tmp_path: Path, best, selects_by):
    [series] = _recorded(tmp_path, best).series
    assert series.selects_by == selects_by


def test_a_value_that_two_metrics_share_tells_nothing(tmp_path: Path):
    [series] = _recorded(tmp_path, 0.25, "eval_wer").series
    assert series.selects_by is None


def test_what_the_arguments_say_counts_more_than_the_value(tmp_path: Path):
    _run(tmp_path, "eval_loss", True)
    newest = tmp_path / "checkpoint-300" / "trainer_state.json"
    newest.write_text(json.dumps({**json.loads(newest.read_text()), "best_metric": 0.25}))
    [series] = scan(str(tmp_path)).series
    assert series.selects_by == ("eval_loss", "max")
