"""A real Trainer that evaluates and saves every other step, kept by TransformersKeeper."""

from __future__ import annotations

from pathlib import Path

import torch
from keepstep.policies.training import TransformersKeeper
from ledger import Ledger
from safetensors.torch import load_file
from tiny_transformers import Walks, accuracy, build_model
from transformers import Trainer, TrainerCallback, TrainingArguments

METRIC = "eval_loss"
EVERY = 2
FOR_EVER = 1_000_000


class Notes(TrainerCallback):
    """Tells the ledger, before the keeper is told."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def on_train_begin(self, args, state, control, **rest):
        self.ledger.note("started", state.global_step)

    def on_evaluate(self, args, state, control, metrics, **rest):
        name = f"checkpoint-{state.global_step}"
        self.ledger.note("begun", state.global_step, metrics[METRIC], name)

    def on_save(self, args, state, control, **rest):
        self.ledger.note("finished", state.global_step)


def train(
    place: Path,
    ledger: Ledger,
    *,
    policy: Path | None = None,
    resume: Path | None = None,
    saves: int | None = None,
    limit: int | None = None,
    callbacks: tuple[TrainerCallback, ...] = (),
) -> None:
    """Train until killed, or for so many saves; `limit` is the framework's own rotation."""
    torch.set_num_threads(1)
    arguments = TrainingArguments(
        output_dir=str(place),
        max_steps=FOR_EVER if saves is None else saves * EVERY,
        per_device_train_batch_size=8,
        learning_rate=0.1,
        lr_scheduler_type="constant",
        logging_steps=EVERY,
        eval_strategy="steps",
        eval_steps=EVERY,
        save_strategy="steps",
        save_steps=EVERY,
        save_total_limit=limit,
        load_best_model_at_end=True,
        metric_for_best_model=METRIC,
        greater_is_better=False,
        ignore_data_skip=True,
        disable_tqdm=True,
        use_cpu=True,
        report_to="none",
        seed=7,
    )
    keepers = [TransformersKeeper(policy=policy)] if policy else []
    trainer = Trainer(
        model=build_model(),
        args=arguments,
        train_dataset=Walks(64, seed=1),
        eval_dataset=Walks(16, seed=2),
        compute_metrics=accuracy,
        callbacks=[*callbacks, Notes(ledger), *keepers],
    )
    trainer.train(resume_from_checkpoint=None if resume is None else str(resume))


def load(checkpoint: Path) -> None:
    """Raises where the framework could not go on from it."""
    load_file(checkpoint / "model.safetensors")
    torch.load(checkpoint / "optimizer.pt", weights_only=True)
