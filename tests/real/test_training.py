"""`keepstep run` around a real PyTorch loop: stopped at the right epoch, its best kept."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="no torch here"),
]
SCRIPT = Path(__file__).with_name("train_torch.py")
VALUE = re.compile(r"epoch (\d+)/\d+ .* val_loss=(\S+)")


def _train(*options: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, *options], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done


def _values(output: str) -> list[float]:
    return [float(value) for _, value in VALUE.findall(output)]


@pytest.mark.parametrize("name", ["model_epoch{}.pth", "model.pth.{}"])
def test_a_plain_loop_is_stopped_at_the_right_epoch_with_its_best(tmp_path: Path, name: str):
    import torch

    (tmp_path / "alone").mkdir()
    (tmp_path / "run").mkdir()
    loop = [str(SCRIPT), "--epochs", "60", "--name", name]
    alone = _values(_train(*loop, str(tmp_path / "alone")).stdout)
    best = alone.index(min(alone)) + 1
    assert 3 < best < 40, "the loop must over-fit for this test"
    done = _train(
        *("-m", "keepstep.tui", "run", "--keep-last", "2", "--keep-best", "1", "--patience", "5"),
        *("--metric", "val_loss", "--dir", str(tmp_path / "run")),
        *("--summary-json", str(tmp_path / "summary.json"), "--"),
        *(sys.executable, *loop, str(tmp_path / "run")),
    )
    seen = _values(done.stdout)
    assert seen == alone[: len(seen)]
    said = json.loads((tmp_path / "summary.json").read_text())
    assert said["best"]["evaluation"] == best
    assert said["stopped_early"]
    assert len(seen) >= best + 5
    path = tmp_path / "run" / name.format(best)
    assert torch.load(path, weights_only=True)["epoch"] == best
    left = [p for p in (tmp_path / "run").iterdir() if p.is_file()]
    assert len(left) <= 4  # the last two, the best, and one that was being saved at the end


def test_a_loop_that_ends_by_itself_keeps_its_final_model(tmp_path: Path):
    import torch

    done = _train(
        *("-m", "keepstep.tui", "run", "--keep-last", "3", "--dir", str(tmp_path), "--"),
        *(sys.executable, str(SCRIPT), "--epochs", "8", str(tmp_path)),
    )
    names = sorted(p.name for p in tmp_path.iterdir() if p.is_file())
    assert names == ["model.pth", "model_epoch6.pth", "model_epoch7.pth", "model_epoch8.pth"]
    assert all(torch.load(tmp_path / name, weights_only=True) for name in names)
    assert "trashed model_epoch" in done.stderr
