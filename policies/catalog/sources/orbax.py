"""Each Orbax step holds its own metrics, in the two forms of folder names that Orbax writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..logs import Logs
from ..model import Checkpoint
from ..readers.orbax import read_orbax_step
from ..tree import Folder, Tree


def metrics(
    tree: Tree, path: str, group: Sequence[Checkpoint], logs: Logs
) -> Mapping[str, Mapping[str, float]]:
    """By id."""
    found: dict[str, Mapping[str, float]] = {}
    for one in group:
        try:
            step = read_orbax_step(Folder(tree, one.id))
        except OSError:  # the flax checkpoints of old are files
            continue
        if step.metrics:
            found[one.id] = step.metrics
    return found
