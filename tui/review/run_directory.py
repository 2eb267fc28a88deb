"""Which run a folder of checkpoints belongs to."""

from __future__ import annotations

from collections.abc import Collection

_CONTAINERS = frozenset({"checkpoints", "checkpoint", "ckpts", "ckpt", "weights", "models"})


def run_directory(folder: str) -> str:
    """The run that a folder of checkpoints belongs to; "." is the root.

    run7/checkpoints is run7.
    """
    above, _, name = folder.rpartition("/")
    return (above if above and name.lower() in _CONTAINERS else folder) or "."


def run_of_file(path: str, runs: Collection[str]) -> str | None:
    """The innermost run whose folder a file lies in."""
    above = path.rpartition("/")[0]
    while above and above not in runs:
        above = above.rpartition("/")[0]
    return above or ("." if "." in runs else None)
