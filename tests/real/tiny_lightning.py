"""A three-class classifier of points on a plane as a LightningModule, and a Trainer for it.

Shared by the script that writes a run and the one that resumes it, so that both train alike.
"""

from pathlib import Path
from typing import Any, Literal

import lightning
import torch
from lightning.pytorch.callbacks import Callback, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger
from lightning.pytorch.plugins.io import CheckpointIO
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

CLASSES = 3
PLANNED_EPOCHS = 10
NAME_WITH_METRIC = "{epoch}-{step}-{val_loss:.2f}"
Batch = tuple[torch.Tensor, torch.Tensor]


class TinyClassifier(lightning.LightningModule):
    """Logs train_loss every few steps, val_loss and val_acc every epoch."""

    def __init__(self, width: int = 8, learning_rate: float = 0.15) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.learning_rate = learning_rate
        self.layers = torch.nn.Sequential(
            torch.nn.Linear(2, width), torch.nn.Tanh(), torch.nn.Linear(width, CLASSES)
        )

    def training_step(self, batch: Batch, index: int) -> torch.Tensor:
        points, classes = batch
        loss = functional.cross_entropy(self.layers(points), classes)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch: Batch, index: int) -> None:
        points, classes = batch
        scores = self.layers(points)
        self.log("val_loss", functional.cross_entropy(scores, classes))
        self.log("val_acc", (scores.argmax(-1) == classes).float().mean())

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=self.learning_rate)


def points_loader(count: int, seed: int, shuffle: bool) -> DataLoader[Any]:
    """Noisy points of three overlapping clouds."""
    draw = torch.Generator().manual_seed(seed)
    classes = torch.randint(CLASSES, (count,), generator=draw)
    centres = torch.tensor([[0.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])
    points = centres[classes] + torch.randn((count, 2), generator=draw)
    return DataLoader(TensorDataset(points, classes), batch_size=8, shuffle=shuffle)


def build_saver(linked: bool, folder: Path | None = None) -> ModelCheckpoint:
    """Keep every epoch: named after its metric with last.ckpt a link, or all as Lightning likes."""
    if linked:
        return ModelCheckpoint(
            folder, NAME_WITH_METRIC, monitor="val_loss", save_top_k=-1, save_last="link"
        )
    return ModelCheckpoint(folder, save_top_k=-1, save_last=True)


def build_trainer(
    root: Path,
    saver: ModelCheckpoint,
    epochs: int,
    logged: bool = True,
    callbacks: list[Callback] | None = None,
    writer: CheckpointIO | None = None,
) -> lightning.Trainer:
    lightning.seed_everything(7, verbose=False)
    return lightning.Trainer(
        default_root_dir=root,
        accelerator="cpu",
        devices=1,
        max_epochs=epochs,
        log_every_n_steps=4,
        logger=CSVLogger(root) if logged else False,
        callbacks=[*(callbacks or []), saver],
        plugins=[writer] if writer else None,
        enable_progress_bar=False,
        enable_model_summary=False,
    )


def fit(trainer: lightning.Trainer, resume_from: Path | Literal["last"] | None = None) -> None:
    model = TinyClassifier()
    training = points_loader(64, seed=1, shuffle=True)
    validation = points_loader(64, seed=2, shuffle=False)
    trainer.fit(model, training, validation, ckpt_path=resume_from)
