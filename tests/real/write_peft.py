"""Train a LoRA adapter with the real transformers.Trainer on a checkpoint of another run.

    python tests/real/write_peft.py RUN_DIR

The adapters in RUN_DIR/lora stand on RUN_DIR/base/checkpoint-10, which nothing may take from
under them; truth.json lands beside RUN_DIR.
"""

import sys
from pathlib import Path

import peft
from peft import LoraConfig, get_peft_model
from tiny_transformers import Walks, build_model
from torch.nn import Module
from transformers import GPT2LMHeadModel, Trainer, TrainingArguments
from truth import SavedCheckpoint, Truth

SAVE_EVERY = 10


def train(model: Module, place: Path, steps: int) -> Trainer:
    """Weights and trainer state only: what the archive is about, and small."""
    arguments = TrainingArguments(
        output_dir=str(place),
        max_steps=steps,
        save_steps=SAVE_EVERY,
        save_only_model=True,
        use_cpu=True,
        report_to="none",
        seed=7,
    )
    trainer = Trainer(model=model, args=arguments, train_dataset=Walks(80, seed=1))
    trainer.train()
    return trainer


def main() -> None:
    run_dir = Path(sys.argv[1])
    base = run_dir / "base" / f"checkpoint-{SAVE_EVERY}"
    truth = Truth("peft", peft.__version__, run_dir.name)
    runs = [("base", train(build_model(), run_dir / "base", 2 * SAVE_EVERY))]
    config = LoraConfig(r=1, target_modules=["c_attn"], fan_in_fan_out=True)
    adapted = get_peft_model(GPT2LMHeadModel.from_pretrained(base), config)
    runs.append(("lora", train(adapted, run_dir / "lora", 3 * SAVE_EVERY)))
    runs[-1][1].save_model()
    truth.final_model = ["lora/adapter_model.safetensors"]
    for name, trainer in runs:
        for step in range(SAVE_EVERY, trainer.state.global_step + 1, SAVE_EVERY):
            epoch = step / 10  # 80 examples in batches of 8
            truth.checkpoints.append(SavedCheckpoint(f"{name}/checkpoint-{step}", step, epoch))
    for row in truth.checkpoints:
        if row.id.startswith("lora/"):
            truth.pointers[f"{row.id}/adapter_config.json"] = f"base/{base.name}"
    truth.write_beside(run_dir)


if __name__ == "__main__":
    main()
