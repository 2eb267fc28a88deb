"""Fit a tiny model with the real Keras and its ModelCheckpoint and BackupAndRestore callbacks.

    python tests/real/write_keras.py RUN_DIR

Leaves models and weights per epoch, named by epoch and validation loss, best.keras, and what a
fit that was interrupted in its last epoch resumes from; truth.json lands beside RUN_DIR.
"""

import os
import sys
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "torch"
import keras
import numpy as np
from keras.callbacks import BackupAndRestore, Callback, CSVLogger, ModelCheckpoint
from truth import SavedCheckpoint, Truth

EPOCHS = 4
PATTERNS = ("{epoch:02d}-{val_loss:.2f}.keras", "weights.{epoch:02d}.weights.h5")


class Interruption(Callback):
    """Stops the last epoch, so that the backup of the one before stays."""

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if self.params.get("epoch_now") == EPOCHS:
            raise KeyboardInterrupt

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.params["epoch_now"] = epoch


def build_model() -> keras.Model:
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
    model.compile("adam", "mse")
    return model


def main() -> None:
    run_dir = Path(sys.argv[1])
    run_dir.mkdir(parents=True)
    keras.utils.set_random_seed(3)
    inputs = np.random.default_rng(3).normal(size=(32, 3)).astype("float32")
    targets = inputs[:, :2] * 0.5
    model, history = build_model(), keras.callbacks.History()
    callbacks = [ModelCheckpoint(str(run_dir / pattern), save_weights_only="h5" in pattern)
                 for pattern in PATTERNS]  # fmt: skip
    best = ModelCheckpoint(str(run_dir / "best.keras"), save_best_only=True)
    backup = BackupAndRestore(str(run_dir / "backup"), delete_checkpoint=False)
    callbacks += [best, backup, CSVLogger(str(run_dir / "training.log")), Interruption(), history]
    try:
        model.fit(
            inputs,
            targets,
            validation_split=0.25,
            epochs=EPOCHS + 1,
            callbacks=callbacks,
            verbose=0,
        )
    except KeyboardInterrupt:
        pass
    write_truth(run_dir, history.history["val_loss"])


def write_truth(run_dir: Path, losses: list[float]) -> None:
    truth = Truth("keras", keras.__version__, run_dir.name, best_metric="val_loss")
    for pattern in PATTERNS:
        for i, loss in enumerate(losses):
            name = pattern.format(epoch=i + 1, val_loss=loss)
            saved = SavedCheckpoint(name, None, float(i + 1), {"val_loss": loss})
            truth.checkpoints.append(saved)
    lowest = min(range(len(losses)), key=losses.__getitem__)
    truth.copies = {
        "best.keras": truth.checkpoints[lowest].id,
        "backup/latest.weights.h5": truth.checkpoints[-1].id,
    }
    truth.write_beside(run_dir)


if __name__ == "__main__":
    main()
