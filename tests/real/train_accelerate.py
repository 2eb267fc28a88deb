"""Train a tiny model with the real accelerate, on from its newest checkpoint if there is one.

    python tests/real/train_accelerate.py RUN_DIR SAVES

Saves after every few steps by accelerate's own automatic naming, which also chooses what to load.
Prints one line of JSON on stdout: {"resumed_at": step, "ended_at": step}.
"""

import json
import sys
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import ProjectConfiguration

STEPS_BETWEEN = 7


class Progress:
    """What a training script keeps of itself in a checkpoint."""

    step = saves = 0

    def state_dict(self) -> dict[str, int]:
        return {"step": self.step, "saves": self.saves}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.step, self.saves = state["step"], state["saves"]


def main() -> None:
    run_dir, saves = Path(sys.argv[1]), int(sys.argv[2])
    config = ProjectConfiguration(str(run_dir), automatic_checkpoint_naming=True)
    accelerator = Accelerator(project_config=config, cpu=True)
    model = torch.nn.Linear(4, 2)
    model, optimizer = accelerator.prepare(model, torch.optim.Adam(model.parameters(), lr=0.01))
    progress = Progress()
    accelerator.register_for_checkpointing(progress)
    if (run_dir / "checkpoints").is_dir():
        accelerator.load_state()
        accelerator.project_configuration.iteration = progress.saves
    resumed_at = progress.step
    for _ in range(saves):
        for _ in range(STEPS_BETWEEN):
            accelerator.backward(model(torch.ones(3, 4)).square().mean())
            optimizer.step()
            optimizer.zero_grad()
            progress.step += 1
        progress.saves += 1
        accelerator.save_state()
    [counted] = {int(state["step"]) for state in optimizer.optimizer.state.values()}
    assert counted == progress.step, "the optimizer went on from somewhere else"
    sys.stdout.write(json.dumps({"resumed_at": resumed_at, "ended_at": progress.step}) + "\n")


if __name__ == "__main__":
    main()
