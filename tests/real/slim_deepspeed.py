"""Train with the real DeepSpeed on one processor, load what slimming leaves, and try to resume.

    python tests/real/slim_deepspeed.py train|load|module|resume STAGE RUN_DIR [TAG]

Prints one line of JSON: sums of the weights, or why the checkpoint could not be loaded.
"""

import contextlib
import json
import os
import sys
from pathlib import Path

ALONE = {
    "RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1",
    "MASTER_PORT": "0", "DS_ACCELERATOR": "cpu",
}  # fmt: skip
SAVES = 5


def build(stage: int):
    import deepspeed
    import torch

    torch.manual_seed(7)
    model = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.Linear(64, 8))
    config = {
        "train_micro_batch_size_per_gpu": 2,
        "bf16": {"enabled": True},
        "zero_optimization": {"stage": stage},
        "zero_allow_untested_optimizer": True,
    }
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    deepspeed.init_distributed("gloo")
    return deepspeed.initialize(model=model, optimizer=optimizer, config=config)[0]


def step(engine) -> None:
    import torch

    engine.backward(engine(torch.ones(2, 64, dtype=torch.bfloat16)).float().square().mean())
    engine.step()


def train(stage: int, run: Path) -> dict[str, float]:
    engine = build(stage)
    for _ in range(SAVES):
        step(engine)
        engine.save_checkpoint(str(run))
    return {}


def load(stage: int, run: Path, tag: str | None, **how: bool) -> dict[str, object]:
    engine = build(stage)
    try:
        engine.load_checkpoint(str(run), tag=tag, **how)
    except Exception as error:
        return {"error": type(error).__name__, "text": str(error)}
    total = float(sum(p.detach().double().sum() for p in engine.module.parameters()))
    return {"sum": total, "steps": engine.global_steps}


HOW = {"load": {"load_optimizer_states": False}, "module": {"load_module_only": True}, "resume": {}}


def main() -> None:
    doing, stage, place, *rest = sys.argv[1:]
    os.environ.update(ALONE)
    with contextlib.redirect_stdout(sys.stderr):
        if doing == "train":
            report: object = train(int(stage), Path(place))
        else:
            report = load(int(stage), Path(place), rest[0] if rest else None, **HOW[doing])
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main()
