"""What a run itself calls best: metric and direction, from the Trainer's saved arguments.

One read per series, of its newest complete checkpoint. Where the run's best pointer disagrees with
the metrics, a warning names both; neither is preferred, and both are there to be seen.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence

from ..patterns import pattern
from .model import Checkpoint, Kind, Pointer, Standing, State
from .tree import Folder, Tree, join

_LAYOUT = "huggingface"
_ARGUMENTS, _STATE = "training_args.bin", "trainer_state.json"
_MAX_ARGUMENTS = 65_536
# The key, perhaps an opcode that remembers it, and the opcode of None: most runs select nothing.
_NO_METRIC = pattern(rb"metric_for_best_model(q.|r.{4}|\x94)?N", re.DOTALL)
Selection = tuple[str, str]  # metric, "min" or "max"


def selections(tree: Tree, checkpoints: Iterable[Checkpoint]) -> dict[str, Selection]:
    """By series; a series whose run does not say is left out."""
    newest: dict[str, Checkpoint] = {}
    for one in checkpoints:
        if one.layout == _LAYOUT and one.state is State.COMPLETE and one.step is not None:
            known = newest.get(one.series)
            if known is None or one.step > (known.step or 0):
                newest[one.series] = one
    read = ((series, _read(tree, one.id)) for series, one in newest.items() if one.metrics)
    return {series: found for series, found in read if found is not None}


def _read(tree: Tree, path: str) -> Selection | None:
    folder = Folder(tree, path, {_ARGUMENTS: Kind.FILE})
    raw = folder.read(_ARGUMENTS, _MAX_ARGUMENTS)
    if not raw or _NO_METRIC.search(raw):
        return None
    # The reader is imported when needed: it costs a start ten milliseconds.
    from .readers.training_args import read_best_choice

    choice = read_best_choice(folder)
    return None if choice is None or choice.mode is None else (choice.metric, choice.mode)


def disagreements(
    chosen: Mapping[str, Selection],
    checkpoints: Iterable[Checkpoint],
    pointers: Iterable[Pointer],
) -> list[str]:
    """Warnings: the run points to one as its best, and another that is there has a better value."""
    lines: dict[str, list[Checkpoint]] = {name: [] for name in chosen}
    for one in checkpoints:
        if one.series in lines and _is_rated(one, chosen[one.series][0]):
            lines[one.series].append(one)
    named = {
        pointer.path: pointer.resolved for pointer in pointers if pointer.path.endswith(_STATE)
    }
    found = [_disagreement(chosen[name], line, named) for name, line in lines.items()]
    return [text for text in found if text]


def _is_rated(one: Checkpoint, metric: str) -> bool:
    whole = one.state is State.COMPLETE and one.standing is Standing.NUMBERED
    return whole and math.isfinite(one.metrics.get(metric, math.nan))


def _disagreement(
    choice: Selection, line: Sequence[Checkpoint], named: Mapping[str, str | None]
) -> str:
    metric, mode = choice
    targets = {named.get(join(one.id, _STATE)) for one in line}
    pointed = [one for one in line if one.id in targets]
    if len(pointed) != 1:
        return ""
    best = (min if mode == "min" else max)(line, key=lambda one: one.metrics[metric])
    if best.metrics[metric] == pointed[0].metrics[metric]:
        return ""
    return (
        f"the run points to {pointed[0].id} as its best ({metric} {pointed[0].metrics[metric]:g}), "
        f"but {best.id} has {best.metrics[metric]:g}, and it selects by {mode}"
    )
