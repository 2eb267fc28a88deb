"""What the README says about training runs as written."""

from __future__ import annotations

import itertools
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from keepstep.policies import scan, training
from keepstep.tui.cli import cli

from ..policies.trees import torch_zip

README = (Path(__file__).parents[2] / "README.md").read_text()
SECTION = README.partition("\n## While training\n")[2].partition("\n## ")[0]
PYTHON = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)
STEPS = range(500, 5001, 500)


def _training() -> Callable[[], Iterator[tuple[int, float]]]:
    """A run that is twice as good when it is started again."""
    starts = itertools.count(1)

    def train() -> Iterator[tuple[int, float]]:
        start = next(starts)
        for step in STEPS:
            yield step, 1000 / step / start

    return train


def _save(step: int) -> Path:
    path = Path(f"runs/exp1/model_step{step}.pth")
    torch_zip(path)
    return path


@pytest.mark.parametrize("block", PYTHON)
def test_each_integration_is_five_lines_or_fewer(block: str):
    assert len([line for line in block.splitlines() if line]) <= 5
    compile(block, "README.md", "exec")


def test_the_callbacks_exist():
    told = set(re.findall(r"training import (\w+Keeper)\n", SECTION))
    assert told | {"Keeper"} == {name for name in training.__all__ if name.endswith("Keeper")}


def test_they_run_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("runs/exp1").mkdir(parents=True)
    names: dict = {"train": _training(), "save": _save}
    exec(PYTHON[0], names)
    names["keeper"].wait()
    found = {one.step: dict(one.metrics) for one in scan("runs/exp1").checkpoints}
    assert found == {step: {"val_loss": 1000 / step} for step in STEPS}
    exec(PYTHON[-1], names)
    names["keeper"].close()
    found = {one.step: one.metrics["val_loss"] for one in scan("runs/exp1").checkpoints}
    # Only what is better than all of the first start was saved again.
    assert {step for step in STEPS if found[step] != 1000 / step} == {3000, 3500, 4000, 4500, 5000}


def test_the_command_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    [line] = re.findall(r"```sh\n(keepstep run .*?)\n```", SECTION)
    options, command = line.split(" -- ")
    assert command == "python train.py"
    monkeypatch.chdir(tmp_path)
    Path("train.py").write_text("print('val_loss=0.5')")
    words = [*shlex.split(options)[1:], "--", sys.executable, "train.py"]
    result = CliRunner().invoke(cli, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
