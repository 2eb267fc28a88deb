"""Exact metrics from the logs beside the checkpoints, where a scan may read them at once.

Called once all names are known; one read per folder, and none for layouts without such a log.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from .model import Checkpoint, Standing
from .tree import Folder, Tree

Exact = Mapping[str, Mapping[str, float]]  # id -> metrics


def with_exact_metrics(
    tree: Tree, checkpoints: Sequence[Checkpoint], folders: Mapping[str, str]
) -> list[Checkpoint]:
    """The same checkpoints, with what the logs of their folders say; `folders` is by series."""
    groups: dict[tuple[str, str], list[Checkpoint]] = {}
    for one in checkpoints:
        if one.layout in _SOURCES and one.standing is Standing.NUMBERED:
            groups.setdefault((one.layout, folders[one.series]), []).append(one)
    exact: dict[str, Mapping[str, float]] = {}
    for (layout, path), group in groups.items():
        exact.update(_SOURCES[layout](tree, path, group))
    return [
        replace(one, metrics={**one.metrics, **exact[one.id]}) if one.id in exact else one
        for one in checkpoints
    ]


def _lightning(tree: Tree, path: str, group: Sequence[Checkpoint]) -> Exact:
    # Readers are imported when needed: each costs a start a millisecond or more.
    from .lightning_log import lightning_metrics

    return lightning_metrics(tree, path, group)


def _keras(tree: Tree, path: str, group: Sequence[Checkpoint]) -> Exact:
    from .keras_log import keras_metrics

    return keras_metrics(tree, path, group)


def _orbax(tree: Tree, path: str, group: Sequence[Checkpoint]) -> Exact:
    """Each step holds its own metrics, in the two forms of folder names that Orbax writes."""
    from .readers.orbax import read_orbax_step

    found: dict[str, Mapping[str, float]] = {}
    for one in group:
        try:
            step = read_orbax_step(Folder(tree, one.id))
        except OSError:  # the flax checkpoints of old are files
            continue
        if step.metrics:
            found[one.id] = step.metrics
    return found


_SOURCES: dict[str, Callable[[Tree, str, Sequence[Checkpoint]], Exact]] = {
    "lightning": _lightning,
    "keras": _keras,
    "orbax": _orbax,
    "flax": _orbax,
}
