"""Train a tiny model with the real mmengine Runner, by epochs or by iterations.

    python tests/real/write_mmengine.py RUN_DIR epochs|iterations

Checkpoints are kept every epoch or every 4 iterations, with the best by the validation score; the
work directory gets scalars.json as mmengine writes it. truth.json lands beside RUN_DIR.
"""

import sys
from pathlib import Path
from typing import Any

import mmengine
import torch
from mmengine.evaluator import BaseMetric
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch.utils.data import DataLoader, TensorDataset
from truth import SavedCheckpoint, Truth

EPOCHS, EVERY, BATCHES = 3, 4, 4
SCORES = (0.25, 0.75, 0.5)
"""What the validations measure, in their order: the second is the best."""


class Line(BaseModel):
    """One weight and a squared error."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)

    def forward(self, inputs: torch.Tensor, mode: str = "tensor") -> Any:
        found = self.layer(inputs)
        return {"loss": (found - 1).square().mean()} if mode == "loss" else [found]


class Score(BaseMetric):
    """A score that is known beforehand."""

    validations = 0

    def process(self, data_batch: Any, data_samples: Any) -> None:
        self.results.append(0)

    def compute_metrics(self, results: list[Any]) -> dict[str, float]:
        self.validations += 1
        return {"score": SCORES[self.validations - 1]}


class Witness(Hook):
    """Notes what each validation returned, and after how many iterations."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, int, dict[str, float]]] = []

    def after_val_epoch(self, runner: Runner, metrics: Any = None) -> None:
        values = {name: float(value) for name, value in metrics.items()}
        self.seen.append((runner.epoch, runner.iter, values))


def build_runner(run_dir: Path, witness: Witness, *, by_epoch: bool) -> Runner:
    data = DataLoader(TensorDataset(torch.ones(BATCHES, 1)), batch_size=1)
    train = (
        {"by_epoch": True, "max_epochs": EPOCHS, "val_interval": 1}
        if by_epoch
        else {"by_epoch": False, "max_iters": EPOCHS * EVERY, "val_interval": EVERY}
    )
    saver = {
        "type": "CheckpointHook",
        "by_epoch": by_epoch,
        "interval": 1 if by_epoch else EVERY,
        "save_best": "score",
        "rule": "greater",
    }
    return Runner(
        model=Line(),
        work_dir=str(run_dir),
        train_dataloader=data,
        val_dataloader=data,
        train_cfg=train,
        val_cfg={},
        val_evaluator=[Score()],
        optim_wrapper={"optimizer": {"type": "SGD", "lr": 0.01}},
        default_hooks={"checkpoint": saver, "logger": {"type": "LoggerHook", "interval": 2}},
        custom_hooks=[witness],
        log_processor={"by_epoch": by_epoch},
    )


def describe(run_dir: Path, witness: Witness, *, by_epoch: bool) -> Truth:
    """Every numbered file; the best copy repeats the one of its score."""
    truth = Truth("mmengine", mmengine.__version__, run_dir.name, best_metric="score")
    truth.best_mode = "max"
    for epoch, iteration, metrics in witness.seen:
        if by_epoch:
            saved = SavedCheckpoint(f"epoch_{epoch}.pth", None, epoch, metrics)
        else:
            saved = SavedCheckpoint(f"iter_{iteration}.pth", iteration, None, metrics)
        truth.checkpoints.append(saved)
    truth.best = max(truth.checkpoints, key=lambda one: one.metrics["score"]).id
    truth.copies = {f"best_score_{truth.best}": truth.best}
    truth.pointers = {"last_checkpoint": truth.checkpoints[-1].id}
    return truth


def main() -> None:
    run_dir, by_epoch = Path(sys.argv[1]), sys.argv[2] == "epochs"
    witness = Witness()
    build_runner(run_dir, witness, by_epoch=by_epoch).train()
    for log in run_dir.glob("*/*.log"):
        log.unlink()  # it describes the machine in detail
    describe(run_dir, witness, by_epoch=by_epoch).write_beside(run_dir)


if __name__ == "__main__":
    main()
