"""A real Lightning Trainer that validates and saves after each epoch, kept by LightningKeeper."""

from __future__ import annotations

import warnings
from pathlib import Path

import lightning
import torch
from keepstep.policies.training import LightningKeeper
from ledger import Ledger
from lightning.pytorch.callbacks import Callback, ModelCheckpoint
from lightning.pytorch.plugins.io import AsyncCheckpointIO
from tiny_lightning import TinyClassifier, points_loader

METRIC = "val_loss"
KEEP_ALL = -1


class NotedCheckpoint(ModelCheckpoint):
    """Tells the ledger of each save, from within Lightning's own act of saving."""

    ledger: Ledger

    def _save_checkpoint(self, trainer, filepath):
        value = float(trainer.callback_metrics[METRIC])
        self.ledger.note("begun", trainer.global_step, value, Path(filepath).name)
        super()._save_checkpoint(trainer, filepath)
        self.ledger.note("finished", trainer.global_step)


class Start(Callback):
    """Tells the ledger where training took up."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def on_train_start(self, trainer, pl_module):
        self.ledger.note("started", trainer.global_step)


def train(
    place: Path,
    ledger: Ledger,
    *,
    policy: Path | None = None,
    resume: Path | None = None,
    saves: int | None = None,
    limit: int | None = None,
    callbacks: tuple[Callback, ...] = (),
    in_background: bool = False,
) -> None:
    """Train until killed, or for so many saves; `limit` is the framework's own rotation."""
    warnings.filterwarnings("ignore", module="lightning")
    torch.set_num_threads(1)
    lightning.seed_everything(7, verbose=False)
    saver = NotedCheckpoint(
        place,
        "{epoch}-{step}-{val_loss:.8f}",
        monitor=METRIC,
        save_top_k=KEEP_ALL if limit is None else limit,
    )
    saver.ledger = ledger
    keepers = [LightningKeeper(policy=policy)] if policy else []
    trainer = lightning.Trainer(
        default_root_dir=place,
        accelerator="cpu",
        devices=1,
        max_epochs=-1 if saves is None else saves,
        logger=False,
        plugins=[AsyncCheckpointIO()] if in_background else None,
        callbacks=[*callbacks, Start(ledger), *keepers, saver],
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    training = points_loader(32, seed=1, shuffle=True)
    validation = points_loader(64, seed=2, shuffle=False)
    trainer.fit(TinyClassifier(), training, validation, ckpt_path=resume)


def load(checkpoint: Path) -> None:
    """Raises where the framework could not go on from it."""
    TinyClassifier.load_from_checkpoint(checkpoint, weights_only=False)
