"""detectron2 writes `metrics.json` beside its checkpoints; both count iterations from 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..model import Checkpoint
from ..readers.join import by_step
from ..readers.json_lines import read_json_lines
from ..tree import Tree, listed

_LOG = "metrics.json"


def metrics(
    tree: Tree, path: str, group: Sequence[Checkpoint]
) -> Mapping[str, Mapping[str, float]]:
    """By id."""
    folder = listed(tree, path)
    if folder is None or _LOG not in folder.kinds:
        return {}
    steps = {one.step for one in group}
    rows = [row for row in read_json_lines(folder, _LOG) or () if row.step in steps]
    return {one.id: by_step(rows, one.step) for one in group if one.step is not None}
