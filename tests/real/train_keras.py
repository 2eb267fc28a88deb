"""Fit a tiny model with the real Keras, on from its BackupAndRestore if there is one.

    python tests/real/train_keras.py RUN_DIR EPOCHS

Keeps a model of every epoch; EPOCHS more are fitted. Steps are the optimizer's own count.
Prints one line of JSON on stdout: {"resumed_at": step, "ended_at": step}.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "torch"
import keras
import numpy as np
from keras.callbacks import BackupAndRestore, Callback, ModelCheckpoint

BATCHES = 7


class Beginning(Callback):
    """Notes where the fit takes up."""

    step = epoch = -1

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if self.step < 0:
            self.step, self.epoch = int(self.model.optimizer.iterations), epoch


def main() -> None:
    run_dir, more = Path(sys.argv[1]), int(sys.argv[2])
    run_dir.mkdir(exist_ok=True)
    done = [int(path.name.split("-")[0]) for path in run_dir.glob("*-*.keras")]
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
    model.compile("adam", "mse")
    inputs = np.random.default_rng(3).normal(size=(8 * BATCHES, 3)).astype("float32")
    beginning = Beginning()
    model.fit(
        inputs,
        inputs[:, :2] * 0.5,
        batch_size=8,
        epochs=max(done, default=0) + more,
        callbacks=[
            BackupAndRestore(str(run_dir / "backup"), delete_checkpoint=False),
            ModelCheckpoint(str(run_dir / "{epoch:02d}-{loss:.3f}.keras")),
            beginning,
        ],
        verbose=0,
    )
    assert beginning.step == beginning.epoch * BATCHES, "epoch and optimizer parted"
    report = {"resumed_at": beginning.step, "ended_at": int(model.optimizer.iterations)}
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main()
