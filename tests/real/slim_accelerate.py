"""Save states with the real accelerate, load the weights that slimming leaves, and try to resume.

    python tests/real/slim_accelerate.py train|load|resume RUN_DIR [CHECKPOINT]

Prints one line of JSON: sums of the weights, or why the state could not be loaded.
"""

import json
import sys
from pathlib import Path

import torch
from accelerate import Accelerator, load_checkpoint_in_model
from accelerate.utils import ProjectConfiguration

SAVES = 5


def build(run: Path, done: int) -> tuple[Accelerator, torch.nn.Module, torch.optim.Optimizer]:
    torch.manual_seed(1)
    config = ProjectConfiguration(str(run), automatic_checkpoint_naming=True, iteration=done)
    accelerator = Accelerator(project_config=config, cpu=True)
    model = torch.nn.Linear(40, 20)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 3)
    model, optimizer, schedule = accelerator.prepare(model, optimizer, schedule)
    return accelerator, model, optimizer


def train(run: Path) -> dict[str, float]:
    accelerator, model, optimizer = build(run, 0)
    for _ in range(SAVES):
        accelerator.backward(model(torch.ones(3, 40)).square().mean())
        optimizer.step()
        optimizer.zero_grad()
        accelerator.save_state()
    return {}


def load(checkpoint: Path) -> dict[str, float]:
    model = torch.nn.Linear(40, 20)
    load_checkpoint_in_model(model, str(checkpoint))
    return {"sum": float(sum(p.double().sum() for p in model.parameters()))}


def resume(run: Path, checkpoint: str | None) -> dict[str, object]:
    accelerator, model, optimizer = build(run, SAVES)
    try:
        accelerator.load_state(None if checkpoint is None else str(run / checkpoint))
    except Exception as error:
        return {"error": type(error).__name__, "text": str(error)}
    moments = optimizer.state_dict()["state"][0]["exp_avg"]
    total = float(sum(p.double().sum() for p in model.parameters()))
    return {"sum": total, "moments": float(moments.abs().sum())}


def main() -> None:
    doing, place, *rest = sys.argv[1:]
    run = Path(place)
    if doing == "train":
        report: object = train(run)
    elif doing == "load":
        report = load(run / rest[0])
    else:
        report = resume(run, rest[0] if rest else None)
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main()
