"""Resume a run of write_transformers.py from what is left of it, and train ten more steps.

    python tests/real/resume_transformers.py RUN_DIR [CHECKPOINT]

Without CHECKPOINT the Trainer itself picks the one with the highest number, whole or not.
Prints one line of JSON on stdout: {"resumed_at": step, "ended_at": step, "loss": value}.
"""

import contextlib
import json
import sys
from pathlib import Path
from typing import Any

from tiny_transformers import EXTENDED_STEPS, build_trainer
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

MORE_STEPS = 10


class StopSoon(TrainerCallback):
    """Ends the training a few steps after the place where it took up."""

    resumed_at = 0

    def on_train_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **rest: Any,
    ) -> None:
        self.resumed_at = state.global_step

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **rest: Any,
    ) -> None:
        if state.global_step >= self.resumed_at + MORE_STEPS:
            control.should_training_stop = True


def main() -> None:
    run_dir = Path(sys.argv[1])
    source: str | bool = str(run_dir / sys.argv[2]) if len(sys.argv) > 2 else True
    soon = StopSoon()
    with contextlib.redirect_stdout(sys.stderr):
        trainer = build_trainer(run_dir, EXTENDED_STEPS, [soon])
        outcome = trainer.train(resume_from_checkpoint=source)
    losses = [row["loss"] for row in trainer.state.log_history if "loss" in row]
    report = {
        "resumed_at": soon.resumed_at,
        "ended_at": outcome.global_step,
        "loss": losses[-1],
    }
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main()
