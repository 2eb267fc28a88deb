"""Which run a folder of checkpoints belongs to."""

from __future__ import annotations

_CONTAINERS = frozenset({"checkpoints", "checkpoint", "ckpts", "ckpt", "weights", "models"})


def run_directory(folder: str) -> str:
    """The run that a folder of checkpoints belongs to: run7/checkpoints is run7."""
    above, _, name = folder.rpartition("/")
    return above if above and name.lower() in _CONTAINERS else folder
