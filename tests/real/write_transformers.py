"""Train a tiny model with the real transformers.Trainer, then kill it in the middle of a save.

    python tests/real/write_transformers.py RUN_DIR

Leaves checkpoint-10 … checkpoint-120, the best model at the root, and checkpoint-130 as a process
killed while writing its optimizer.pt leaves it; truth.json lands beside RUN_DIR.
"""

import os
import signal
import subprocess
import sys
from io import FileIO
from pathlib import Path
from typing import Any
from unittest import mock

import torch
import transformers
from tiny_transformers import EXTENDED_STEPS, PLANNED_STEPS, build_trainer
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from truth import SavedCheckpoint, Truth

KILLED_STEP = PLANNED_STEPS + 10
TIMINGS = ("_runtime", "_per_second")


class Witness(TrainerCallback):
    """Notes each checkpoint as the Trainer reports it."""

    def __init__(self, truth: Truth) -> None:
        self.truth = truth
        self.evaluated: dict[int, dict[str, float]] = {}

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **rest: Any,
    ) -> None:
        self.evaluated[state.global_step] = {
            name: value
            for name, value in rest["metrics"].items()
            if name.startswith("eval_") and not name.endswith(TIMINGS)
        }

    def on_save(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **rest: Any,
    ) -> None:
        step = state.global_step
        saved = SavedCheckpoint(f"checkpoint-{step}", step, state.epoch, self.evaluated[step])
        self.truth.checkpoints.append(saved)


class KilledWriter(FileIO):
    """A file whose writer is killed, as by the kernel, when it is about half written."""

    def __init__(self, path: str, limit: int) -> None:
        super().__init__(path, "wb")
        self.left = limit

    def write(self, data: Any, /) -> int:
        if len(data) > self.left:
            super().write(data[: self.left])
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= len(data)
        return super().write(data) or 0


def train(run_dir: Path) -> None:
    """The whole planned run, ended as the framework's example scripts end theirs."""
    truth = Truth("transformers", transformers.__version__, run_dir.name)
    truth.best_metric = "eval_loss"
    trainer = build_trainer(run_dir, PLANNED_STEPS, [Witness(truth)])
    outcome = trainer.train()
    before = set(os.listdir(run_dir))
    trainer.save_model()
    truth.final_model = sorted(set(os.listdir(run_dir)) - before)
    trainer.save_metrics("train", outcome.metrics)
    trainer.save_state()
    truth.choose_best()
    killed = SavedCheckpoint(f"checkpoint-{KILLED_STEP}", KILLED_STEP, None, {}, complete=False)
    truth.checkpoints.append(killed)
    truth.write_beside(run_dir)


def train_on_and_die(run_dir: Path) -> None:
    """Resume towards a later end; the next save never finishes."""
    whole = torch.save
    last_good = run_dir / f"checkpoint-{PLANNED_STEPS}" / "optimizer.pt"

    def save(value: Any, path: Any, *rest: Any, **options: Any) -> None:
        if str(path).endswith(f"checkpoint-{KILLED_STEP}/optimizer.pt"):
            whole(value, KilledWriter(path, last_good.stat().st_size // 2), *rest, **options)
        whole(value, path, *rest, **options)

    with mock.patch.object(torch, "save", save):
        build_trainer(run_dir, EXTENDED_STEPS).train(resume_from_checkpoint=True)


def main() -> None:
    run_dir = Path(sys.argv[1])
    if "--die" in sys.argv:
        train_on_and_die(run_dir)
        return
    train(run_dir)
    child = subprocess.run([sys.executable, __file__, str(run_dir), "--die"], check=False)
    if child.returncode != -signal.SIGKILL:
        sys.exit(f"the save of checkpoint-{KILLED_STEP} was not killed: {child.returncode}")


if __name__ == "__main__":
    main()
