"""A real Keras `fit` with ModelCheckpoint after each epoch, kept by KerasKeeper."""

from __future__ import annotations

import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"
import keras
import numpy as np
import torch
from keepstep.policies.training import KerasKeeper
from keras.callbacks import Callback, ModelCheckpoint
from ledger import Ledger

METRIC = "val_loss"
NAME = "epoch={epoch:04d}-val_loss={val_loss:.8f}.keras"
BATCHES = 4
FOR_EVER = 1_000_000


class NotedCheckpoint(ModelCheckpoint):
    """Tells the ledger of each save, from within Keras's own act of saving."""

    ledger: Ledger

    def _save_model(self, epoch, batch, logs):
        name = Path(self._get_file_path(epoch, batch, logs)).name
        self.ledger.note("begun", epoch + 1, logs[METRIC], name)
        super()._save_model(epoch, batch, logs)
        self.ledger.note("finished", epoch + 1)


def train(
    place: Path,
    ledger: Ledger,
    *,
    policy: Path | None = None,
    resume: Path | None = None,
    saves: int | None = None,
    limit: int | None = None,
    callbacks: tuple[Callback, ...] = (),
) -> None:
    """Train until killed, or for so many saves; a `limit` asks for `save_best_only` beside."""
    torch.set_num_threads(1)
    keras.utils.set_random_seed(3)
    inputs = np.random.default_rng(3).normal(size=(32, 3)).astype("float32")
    targets = inputs[:, :2] * 0.5
    if resume is None:
        model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
        model.compile(keras.optimizers.Adam(0.3), "mse")
    else:
        model = keras.saving.load_model(resume)
    done = int(model.optimizer.iterations) // BATCHES
    ledger.note("started", done)
    saver = NotedCheckpoint(str(place / NAME))
    saver.ledger = ledger
    best = [ModelCheckpoint(str(place / "best.keras"), save_best_only=True)] if limit else []
    keepers = [KerasKeeper(place, policy=policy)] if policy else []
    model.fit(
        inputs,
        targets,
        validation_data=(inputs[:8] + 1, targets[:8]),
        batch_size=len(inputs) // BATCHES,
        initial_epoch=done,
        epochs=FOR_EVER if saves is None else saves,
        callbacks=[*callbacks, *keepers, saver, *best],
        verbose=0,
    )


def load(checkpoint: Path) -> None:
    """Raises where the framework could not go on from it."""
    keras.saving.load_model(checkpoint)
