"""Resume a run of write_lightning.py from what is left of it, and train one more epoch.

    python tests/real/resume_lightning.py CHECKPOINT
    python tests/real/resume_lightning.py CHECKPOINTS_DIR

Given the folder that holds the checkpoints, Lightning itself looks for the last one (and starts
anew when it finds none). New checkpoints go into the same folder.
Prints one line of JSON on stdout: {"resumed_at": step, "ended_at": step, "loss": value}.
"""

import contextlib
import json
import sys
from pathlib import Path

import lightning
from lightning.pytorch.callbacks import Callback
from tiny_lightning import build_saver, build_trainer, fit

NO_LIMIT = -1


class OneMoreEpoch(Callback):
    """Ends the training with the first epoch that is completed."""

    resumed_at = 0

    def on_train_start(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        self.resumed_at = trainer.global_step

    def on_train_epoch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        trainer.should_stop = True


def main() -> None:
    given = Path(sys.argv[1])
    folder = given if given.is_dir() else given.parent
    saver = build_saver((folder / "last.ckpt").is_symlink(), folder)
    once = OneMoreEpoch()
    with contextlib.redirect_stdout(sys.stderr):
        trainer = build_trainer(folder, saver, NO_LIMIT, logged=False, callbacks=[once])
        fit(trainer, "last" if given.is_dir() else given)
    report = {
        "resumed_at": once.resumed_at,
        "ended_at": trainer.global_step,
        "loss": float(trainer.callback_metrics["val_loss"]),
    }
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main()
