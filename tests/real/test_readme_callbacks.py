"""The callbacks of the README, run as written in the real frameworks."""

from __future__ import annotations

import importlib.util
import os
import re
from pathlib import Path
from typing import Any

import pytest
from keepstep.policies import scan
from keepstep.policies.catalog.given_metrics import read_given_rows

from .test_callbacks import in_a_child

pytestmark = pytest.mark.real
README = (Path(__file__).parents[2] / "README.md").read_text()
SECTION = README.partition("\n## While training\n")[2].partition("\n## ")[0]
SAVES = 3


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the README's examples, which is also where to run them."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "exp1").mkdir(parents=True)
    return tmp_path / "runs" / "exp1"


def example(word: str, module: str) -> str:
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed here")
    [block] = [one for one in re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL) if word in one]
    return block


def left(run: Path) -> int:
    return len(scan(str(run)).checkpoints)


def seen_by(callbacks: list[Any]) -> int:
    """How many checkpoints the last round of the keeper among them kept."""
    [keeper] = [one.keeper for one in callbacks if hasattr(one, "keeper")]
    return keeper.wait(60).kept


def test_transformers(run: Path):
    block = example("TransformersKeeper", "transformers")

    def work() -> None:
        from tiny_transformers import Walks, build_model
        from transformers import Trainer, TrainingArguments

        args = TrainingArguments(
            str(run), max_steps=SAVES, save_steps=1, use_cpu=True, report_to="none"
        )
        data = Walks(16, seed=1)
        names = {"Trainer": Trainer, "model": build_model(), "args": args, "data": data}
        exec(block, names)
        names["trainer"].train()
        assert seen_by(names["trainer"].callback_handler.callbacks) == left(run) == SAVES

    in_a_child(work)


def test_lightning(run: Path):
    block = example("LightningKeeper", "lightning")

    def work() -> None:
        import lightning
        from lightning.pytorch.callbacks import ModelCheckpoint
        from tiny_lightning import TinyClassifier, points_loader

        def trainer(**options: Any) -> lightning.Trainer:
            return lightning.Trainer(accelerator="cpu", logger=False, **options)

        names = {"Trainer": trainer, "ModelCheckpoint": ModelCheckpoint}
        exec(block.replace("100", str(SAVES)), names)
        names["trainer"].fit(TinyClassifier(), points_loader(16, 1, True))
        assert seen_by(names["trainer"].callbacks) == left(Path("checkpoints")) == SAVES

    in_a_child(work)


def test_keras(run: Path):
    block = example("KerasKeeper", "keras")

    def work() -> None:
        os.environ["KERAS_BACKEND"] = "torch"
        import keras
        import numpy as np

        model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
        model.compile("adam", "mse")
        names = {"model": model, "x": np.ones((8, 3)), "y": np.ones((8, 2))}
        saver = keras.callbacks.ModelCheckpoint
        exec(block.replace("100", str(SAVES)), {**names, "ModelCheckpoint": saver})
        told = [row.checkpoint for row in read_given_rows(str(run / ".keepstep"))]
        assert told == ["001.keras", "002.keras", "003.keras"]
        assert left(run) == SAVES

    in_a_child(work)


def test_orbax(run: Path):
    block = example("OrbaxKeeper", "orbax")

    def work() -> None:
        import orbax.checkpoint as ocp

        names: dict[str, Any] = {**vars(ocp), "path": run}
        exec(block, names)
        with names["manager"] as manager:
            for step in range(SAVES):
                args = ocp.args.JsonSave({"step": step})
                manager.save(step, args=args, metrics={"loss": 1.0})
        assert left(run) == SAVES

    in_a_child(work)


def test_accelerate(run: Path):
    block = example("accelerator", "accelerate")

    def work() -> None:
        import torch
        from accelerate import Accelerator
        from keepstep.policies.training import Keeper

        accelerator = Accelerator(cpu=True)
        accelerator.prepare(torch.nn.Linear(2, 2))
        for step in range(1, SAVES + 1):
            names: dict[str, Any] = {"Keeper": Keeper, "step": step, "loss": 1 / step}
            names["accelerator"] = accelerator
            exec(block, names)
            names["keeper"].close()
        rows = read_given_rows(str(run / ".keepstep"))
        assert len(rows) == left(run) == SAVES

    in_a_child(work)
