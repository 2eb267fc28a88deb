"""A GPT-2 of a few hundred weights, its seeded data and a real transformers.Trainer for it.

Shared by the script that writes a run and the one that resumes it, so that both train alike.
"""

from pathlib import Path

import numpy as np
import torch
from torch.utils.data import Dataset
from transformers import (
    EvalPrediction,
    GPT2Config,
    GPT2LMHeadModel,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)

VOCABULARY = 16
LENGTH = 16
PLANNED_STEPS = 120
EXTENDED_STEPS = 240


class Walks(Dataset[dict[str, torch.Tensor]]):
    """Sentences that mostly step from token t to 3t+1 and sometimes jump anywhere."""

    def __init__(self, count: int, seed: int) -> None:
        draw = torch.Generator().manual_seed(seed)
        tokens = torch.randint(VOCABULARY, (count, LENGTH), generator=draw)
        jumps = torch.rand((count, LENGTH), generator=draw) < 0.2
        for i in range(1, LENGTH):
            follows = (3 * tokens[:, i - 1] + 1) % VOCABULARY
            tokens[:, i] = torch.where(jumps[:, i], tokens[:, i], follows)
        self.tokens = tokens

    def __len__(self) -> int:
        return len(self.tokens)

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        return {"input_ids": self.tokens[index], "labels": self.tokens[index]}


def accuracy(outcome: EvalPrediction) -> dict[str, float]:
    guesses = np.asarray(outcome.predictions).argmax(-1)[:, :-1]
    return {"accuracy": float((guesses == np.asarray(outcome.label_ids)[:, 1:]).mean())}


def build_model() -> GPT2LMHeadModel:
    set_seed(7)
    shape = GPT2Config(
        vocab_size=VOCABULARY,
        n_positions=LENGTH,
        n_embd=4,
        n_layer=1,
        n_head=1,
        bos_token_id=0,
        eos_token_id=0,
    )
    return GPT2LMHeadModel(shape)


def build_trainer(
    run_dir: Path, max_steps: int, callbacks: list[TrainerCallback] | None = None
) -> Trainer:
    """Save and evaluate every 10 steps, keep all, and end on the best model."""
    arguments = TrainingArguments(
        output_dir=str(run_dir),
        max_steps=max_steps,
        per_device_train_batch_size=8,
        learning_rate=0.06,
        lr_scheduler_type="constant",
        logging_steps=10,
        eval_strategy="steps",
        eval_steps=10,
        save_strategy="steps",
        save_steps=10,
        load_best_model_at_end=True,
        metric_for_best_model="eval_loss",
        greater_is_better=False,
        use_cpu=True,
        report_to="none",
        seed=7,
    )
    return Trainer(
        model=build_model(),
        args=arguments,
        train_dataset=Walks(160, seed=1),
        eval_dataset=Walks(64, seed=2),
        compute_metrics=accuracy,
        callbacks=callbacks,
    )
