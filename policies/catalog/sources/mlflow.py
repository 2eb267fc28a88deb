"""Metrics that MLflow's file store keeps for the one run that the checkpoints belong to.

Either they lie in that run (`mlruns/<experiment>/<run>/artifacts/…`), or a store beside them holds
one run only. Of several runs none is believed.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence

from ..logs import Logs
from ..model import Checkpoint, Kind
from ..readers.mlflow import read_mlflow_metrics
from ..tree import Folder, Tree, listed
from .curves import by_curves

_META, _METRICS, _STORE, _TRASH = "meta.yaml", "metrics", "mlruns", ".trash"
_MAX_UP = 4
_MAX_EXPERIMENTS = 8


def metrics(
    tree: Tree, path: str, group: Sequence[Checkpoint], logs: Logs
) -> Mapping[str, Mapping[str, float]]:
    """By id."""
    place = _enclosing(tree, path) or _only_run(tree, path)
    return by_curves(read_mlflow_metrics(place), group) if place else {}


def _enclosing(tree: Tree, path: str) -> Folder | None:
    """The metrics of the run that the folder is in."""
    if _STORE not in (posixpath.join(tree.root, path)).split("/"):
        return None
    here = path
    for _ in range(_MAX_UP):
        folder = listed(tree, here)
        if folder is None:
            return None
        if _META in folder.kinds and (found := folder.child(_METRICS)) is not None:
            return found
        if not here:
            return None
        here = posixpath.dirname(here)
    return None


def _only_run(tree: Tree, path: str) -> Folder | None:
    folder = listed(tree, path)
    store = folder.child(_STORE) if folder else None
    experiments = [name for name in store.names(Kind.DIRECTORY) if name != _TRASH] if store else []
    if store is None or len(experiments) > _MAX_EXPERIMENTS:
        return None
    runs: list[Folder] = []
    for name in experiments:
        experiment = store.child(name)
        for inner in experiment.names(Kind.DIRECTORY) if experiment else ():
            if len(runs) > 1:
                return None
            run = experiment.child(inner) if experiment else None
            if run and _META in run.kinds and (found := run.child(_METRICS)) is not None:
                runs.append(found)
    return runs[0] if len(runs) == 1 else None
