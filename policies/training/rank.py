"""Which process of a distributed training this is, as its launcher says in the environment."""

from __future__ import annotations

from collections.abc import Mapping

# torchrun, accelerate and deepspeed; then mpirun, srun; alone on its machine: LOCAL_RANK.
_NAMES = ("RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID", "LOCAL_RANK")


def rank_of(environment: Mapping[str, str]) -> int:
    """The rank, 0 where no launcher says anything."""
    for name in _NAMES:
        value = environment.get(name, "")
        if value.isdecimal():
            return int(value)
    return 0
