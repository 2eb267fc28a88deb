"""Real directories in which weights and optimizer lie apart, as frameworks write them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from .trees import safetensors

WEIGHTS, STATE = 4000, 8000  # bytes

TRAINER = {
    "config.json": 30, "generation_config.json": 20, "training_args.bin": 50, "tokenizer.json": 40,
    "optimizer.pt": STATE, "scheduler.pt": 40, "rng_state.pth": 140,
}  # fmt: skip
SHARDED = {
    "config.json": 30, "model.safetensors.index.json": 40, "optimizer.bin": STATE,
    "scheduler.pt": 40, "scaler.pt": 20, "rng_state_0.pth": 140, "rng_state_1.pth": 140,
}  # fmt: skip
ZERO_2 = {
    "config.json": 30, "latest": 12, "zero_to_fp32.py": 99, "scheduler.pt": 40,
    "global_step{}/mp_rank_00_model_states.pt": WEIGHTS,
    "global_step{}/bf16_zero_pp_rank_0_mp_rank_00_optim_states.pt": STATE,
    "global_step{}/bf16_zero_pp_rank_1_mp_rank_00_optim_states.pt": STATE,
    "rng_state_0.pth": 140, "rng_state_1.pth": 140,
}  # fmt: skip
ACCELERATE = {
    "optimizer.bin": STATE, "scheduler.bin": 40, "sampler.bin": 10, "scaler.pt": 20,
    "random_states_0.pkl": 140, "custom_checkpoint_0.pkl": 30,
}  # fmt: skip


def fill(folder: Path, files: Mapping[str, int], number: int = 0) -> None:
    """Files of so many bytes; "{}" in a name is the number."""
    for name, size in files.items():
        path = folder / name.format(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(size))


def trainer_run(
    root: Path, steps: Iterable[int], files: Mapping[str, int] = TRAINER, *, adapter: bool = False
) -> Path:
    """`checkpoint-N` folders of the Hugging Face Trainer, with an evaluation each."""
    history: list[dict[str, float]] = []
    for step in steps:
        folder = root / f"checkpoint-{step}"
        folder.mkdir(parents=True)
        if "model.safetensors.index.json" in files:
            for shard in (1, 2):
                safetensors(folder / f"model-{shard:05}-of-00002.safetensors", WEIGHTS // 2)
        else:
            kind = "adapter_model" if adapter else "model"
            safetensors(folder / f"{kind}.safetensors", WEIGHTS)
        fill(folder, files, step)
        for name in ("config.json", "tokenizer.json", "model.safetensors.index.json"):
            if (folder / name).exists():
                (folder / name).write_text("{}")
        history.append({"step": step, "epoch": step / 100, "eval_loss": 1 + step / 1e6})
        state = {"global_step": step, "epoch": step / 100, "log_history": history}
        (folder / "trainer_state.json").write_text(json.dumps(state))
    return root


def folders(root: Path, pattern: str, numbers: Iterable[int], files: Mapping[str, int]) -> Path:
    """Folders with `model.safetensors` and these files, named by a pattern."""
    for number in numbers:
        folder = root / pattern.format(number)
        folder.mkdir(parents=True)
        if not any("model" in name or name.endswith(".distcp") for name in files):
            safetensors(folder / "model.safetensors", WEIGHTS)
        fill(folder, files, number)
    return root
