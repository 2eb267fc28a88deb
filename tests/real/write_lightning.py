"""Train a tiny model with the real Lightning Trainer and keep every epoch's checkpoint.

    python tests/real/write_lightning.py RUN_DIR link|copy

`link` names files epoch-step-val_loss and makes last.ckpt a symbolic link; `copy` keeps Lightning's
default names and writes last.ckpt as a file of its own. truth.json lands beside RUN_DIR.
"""

import sys
from pathlib import Path
from typing import Any

import lightning
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.plugins.io import TorchCheckpointIO
from tiny_lightning import PLANNED_EPOCHS, build_saver, build_trainer, fit
from truth import SavedCheckpoint, Truth


class Evaluations(Callback):
    """Remembers what each validation measured, by step."""

    def __init__(self) -> None:
        self.at_step: dict[int, dict[str, float]] = {}

    def on_validation_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        self.at_step[trainer.global_step] = {
            name: float(value)
            for name, value in trainer.callback_metrics.items()
            if name.startswith("val_")
        }


class WitnessedWriter(TorchCheckpointIO):
    """Lightning's own writer, noting what is handed to it."""

    def __init__(self) -> None:
        self.saved: dict[Path, tuple[int, int]] = {}

    def save_checkpoint(
        self,
        checkpoint: dict[str, Any],
        path: str | Path,
        storage_options: Any = None,
    ) -> None:
        super().save_checkpoint(checkpoint, path, storage_options)
        self.saved[Path(path)] = (checkpoint["global_step"], checkpoint["epoch"])


def describe(run_dir: Path, writer: WitnessedWriter, evaluations: Evaluations) -> Truth:
    """Every file that was written, in the order of steps; last.ckpt stands for the newest."""
    truth = Truth("lightning", lightning.__version__, run_dir.name, best_metric="val_loss")
    for path, (step, epoch) in writer.saved.items():
        if path.name == "last.ckpt":
            continue
        name = path.relative_to(run_dir).as_posix()
        saved = SavedCheckpoint(name, step, epoch, evaluations.at_step[step])
        truth.checkpoints.append(saved)
    truth.choose_best()
    return truth


def main() -> None:
    run_dir, style = Path(sys.argv[1]), sys.argv[2]
    saver, evaluations, writer = (
        build_saver(linked=style == "link"),
        Evaluations(),
        WitnessedWriter(),
    )
    trainer = build_trainer(run_dir, saver, PLANNED_EPOCHS, callbacks=[evaluations], writer=writer)
    fit(trainer)
    truth = describe(run_dir, writer, evaluations)
    last = Path(saver.last_model_path).relative_to(run_dir).as_posix()
    standing_for = {last: truth.checkpoints[-1].id}
    if style == "link":
        truth.pointers = standing_for
    else:
        truth.copies = standing_for
    truth.write_beside(run_dir)


if __name__ == "__main__":
    main()
