"""Save the state of a tiny model with the real accelerate, then die in the middle of a save.

    python tests/real/write_accelerate.py RUN_DIR

Leaves checkpoints/checkpoint_0 … checkpoint_3, the last as a process killed before it wrote the
states of the random generators leaves it; truth.json lands beside RUN_DIR.
"""

import sys
from pathlib import Path
from unittest import mock

import accelerate
import torch
from accelerate import Accelerator
from accelerate.utils import ProjectConfiguration
from killed import DYING, die, run_to_death
from truth import SavedCheckpoint, Truth

SAVES, STEPS_BETWEEN = 3, 7


def build(run_dir: Path, done: int) -> tuple[Accelerator, torch.nn.Module, torch.optim.Optimizer]:
    torch.manual_seed(1)
    config = ProjectConfiguration(str(run_dir), automatic_checkpoint_naming=True, iteration=done)
    accelerator = Accelerator(project_config=config, cpu=True)
    model = torch.nn.Linear(4, 2)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    return accelerator, *accelerator.prepare(model, optimizer)


def train(run_dir: Path, done: int, saves: int) -> None:
    accelerator, model, optimizer = build(run_dir, done)
    for _ in range(saves):
        for _ in range(STEPS_BETWEEN):
            accelerator.backward(model(torch.ones(3, 4)).square().mean())
            optimizer.step()
            optimizer.zero_grad()
        accelerator.save_state()


def main() -> None:
    run_dir = Path(sys.argv[1])
    if DYING in sys.argv:
        with mock.patch("accelerate.checkpointing.torch.get_rng_state", die):
            train(run_dir, SAVES, 1)
        return
    train(run_dir, 0, SAVES)
    run_to_death(__file__, run_dir)
    truth = Truth("accelerate", accelerate.__version__, run_dir.name)
    for save in range(SAVES + 1):
        name = f"checkpoints/checkpoint_{save}"
        truth.checkpoints.append(
            SavedCheckpoint(name, None, None, complete=save < SAVES, counter=save)
        )
    truth.write_beside(run_dir)


if __name__ == "__main__":
    main()
