"""Train with the real Trainer, load what slimming leaves, and try to resume from it.

    python tests/real/slim_transformers.py train|load|resume full|sharded|peft RUN_DIR [CHECKPOINT]

Prints one line of JSON: the loss of a loaded model, or where training took up, or why it could not.
"""

import contextlib
import json
import sys
from functools import partial
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from tiny_transformers import Walks, build_model
from transformers import AutoModelForCausalLM, Trainer, TrainingArguments

SAVE_EVERY, STEPS = 10, 50


def model_of(kind: str) -> torch.nn.Module:
    model = build_model()
    if kind == "peft":
        return get_peft_model(
            model, LoraConfig(r=1, target_modules=["c_attn"], fan_in_fan_out=True)
        )
    if kind == "sharded":
        model.save_pretrained = partial(model.save_pretrained, max_shard_size=600)
    return model


def trainer_of(kind: str, run: Path, steps: int) -> Trainer:
    """A schedule that warms up, so that a fresh one would show."""
    arguments = TrainingArguments(
        output_dir=str(run),
        max_steps=steps,
        save_steps=SAVE_EVERY,
        learning_rate=0.01,
        warmup_steps=5,
        logging_steps=1,
        use_cpu=True,
        report_to="none",
        seed=7,
    )
    return Trainer(model=model_of(kind), args=arguments, train_dataset=Walks(80, seed=1))


def load(kind: str, checkpoint: Path) -> dict[str, float]:
    """What anybody does who evaluates an old checkpoint."""
    if kind == "peft":
        model = PeftModel.from_pretrained(build_model(), checkpoint)
    else:
        model = AutoModelForCausalLM.from_pretrained(checkpoint)
    tokens = Walks(16, seed=3).tokens
    with torch.no_grad():
        return {"loss": float(model.eval()(input_ids=tokens, labels=tokens).loss)}


def resume(kind: str, run: Path, source: str | bool) -> dict[str, object]:
    trainer = trainer_of(kind, run, STEPS + 5)
    try:
        trainer.train(resume_from_checkpoint=source)
    except Exception as error:
        return {"error": type(error).__name__, "text": str(error)}
    rows = [row for row in trainer.state.log_history if row["step"] > STEPS and "loss" in row]
    first = rows[0] if rows else {}
    return {"ended_at": trainer.state.global_step, "loss": first.get("loss")}


def main() -> None:
    doing, kind, place, *rest = sys.argv[1:]
    run = Path(place)
    with contextlib.redirect_stdout(sys.stderr):
        if doing == "train":
            trainer_of(kind, run, STEPS).train()
            report: object = {}
        elif doing == "load":
            report = load(kind, run / rest[0])
        else:
            report = resume(kind, run, str(run / rest[0]) if rest else True)
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main()
