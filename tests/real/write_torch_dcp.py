"""Save sharded checkpoints with the real torch.distributed.checkpoint, and die before one commits.

    python tests/real/write_torch_dcp.py RUN_DIR

Two processes save checkpoint/step-10 … step-30 as torchtitan names them; the save of step-40 is
killed before `.metadata` takes its place. truth.json lands beside RUN_DIR.
"""

import os
import sys
from pathlib import Path
from unittest import mock

import torch
import torch.distributed.checkpoint as dcp
import torch.multiprocessing as multiprocessing
from killed import DYING, die, run_to_death
from torch import distributed
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import Shard, distribute_tensor
from truth import SavedCheckpoint, Truth

RANKS, STEPS, KILLED_STEP = 2, (10, 20, 30), 40


def name_of(step: int) -> str:
    return f"checkpoint/step-{step}"


def save_all(rank: int, run_dir: Path) -> None:
    """One process of the group: every step, each tensor split between the ranks."""
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT="29512")
    distributed.init_process_group("gloo", rank=rank, world_size=RANKS)
    mesh = init_device_mesh("cpu", (RANKS,))
    for step in STEPS:
        weights = distribute_tensor(torch.full((8, 4), float(step)), mesh, [Shard(0)])
        dcp.save({"weights": weights, "step": step}, checkpoint_id=run_dir / name_of(step))
    distributed.destroy_process_group()


def save_and_die(run_dir: Path) -> None:
    """Alone, so that nobody waits for the dead: shards are there, their metadata is not."""
    with mock.patch.object(dcp.filesystem.FileSystem, "rename", die):
        dcp.save({"weights": torch.ones(8, 4)}, checkpoint_id=run_dir / name_of(KILLED_STEP))


def main() -> None:
    run_dir = Path(sys.argv[1])
    if DYING in sys.argv:
        save_and_die(run_dir)
        return
    multiprocessing.spawn(save_all, args=(run_dir,), nprocs=RANKS)
    run_to_death(__file__, run_dir)
    truth = Truth("torch-dcp", torch.__version__, run_dir.name)
    for step in (*STEPS, KILLED_STEP):
        whole = step != KILLED_STEP
        truth.checkpoints.append(SavedCheckpoint(name_of(step), step, None, complete=whole))
    truth.write_beside(run_dir)


if __name__ == "__main__":
    main()
