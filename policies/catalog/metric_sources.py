"""Exact metrics from the logs beside the checkpoints, where a scan may read them at once.

Called once all names are known; one read per folder, and a source is imported only for the layout
that needs it. Logs that any framework may have written are asked where nothing else has a metric.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from typing import cast

from .logs import Logs
from .model import Checkpoint, Standing
from .tree import Tree

Exact = Mapping[str, Mapping[str, float]]  # id -> metrics
_Source = Callable[[Tree, str, Sequence[Checkpoint], Logs], Exact]

_SOURCES = {
    "lightning": "lightning",
    "keras": "keras",
    "orbax": "orbax",
    "flax": "orbax",
    "mmengine": "mmengine",
    "detectron2": "detectron2",
    "ray": "ray",
    "yolo": "epoch_table",
    "timm": "epoch_table",
    "stable-baselines3": "stable_baselines",
}
_OF_ANY_FRAMEWORK = ("mlflow", "events")
# Their numbers count no steps, or their metrics stand nowhere but inside.
_WITHOUT_CURVES = ("ray", "accelerate", "dated-folders", "xgboost", "lightgbm", "catboost")


def with_exact_metrics(
    tree: Tree, checkpoints: Sequence[Checkpoint], folders: Mapping[str, str], logs: Logs
) -> list[Checkpoint]:
    """The same checkpoints, with what the logs of their folders say; `folders` is by series."""
    groups: dict[tuple[str, str], list[Checkpoint]] = {}
    for one in checkpoints:
        if one.standing is Standing.NUMBERED:
            groups.setdefault((one.layout, folders[one.series]), []).append(one)
    exact: dict[str, Mapping[str, float]] = {}
    for (layout, path), group in groups.items():
        exact.update(_of_group(tree, layout, path, group, logs))
    return [
        replace(one, metrics={**one.metrics, **found}) if (found := exact.get(one.id)) else one
        for one in checkpoints
    ]


def _of_group(tree: Tree, layout: str, path: str, group: Sequence[Checkpoint], logs: Logs) -> Exact:
    """What the layout's own log says of the checkpoints of a folder, else any other."""
    own = _SOURCES.get(layout)
    exact = _source(own)(tree, path, group, logs) if own else {}
    if any(exact.values()) or layout in _WITHOUT_CURVES:
        return exact
    # One log of curves cannot tell two models of one folder apart.
    if len({one.series for one in group}) > 1 or any(one.metrics for one in group):
        return exact
    for name in _OF_ANY_FRAMEWORK:
        if any((found := _source(name)(tree, path, group, logs)).values()):
            return found
    return exact


def _source(name: str) -> _Source:
    # Imported when needed: each costs a start a millisecond or more.
    return cast(_Source, import_module(f".sources.{name}", __package__).metrics)
