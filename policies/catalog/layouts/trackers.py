"""Folders of experiment trackers: MLflow runs and W&B runs. Records, never checkpoints.

A model that was logged below them is still found: only the records themselves are claimed.
"""

from __future__ import annotations

from ...patterns import pattern
from ..content import holds_weights
from ..model import Consequence, Kind
from ..sighting import Sightings, Sundry
from ..tree import Folder

_MLFLOW_RECORDS = ("metrics", "params", "tags", "inputs", "outputs", "traces")
_WANDB_RUN = pattern(r"(offline-)?run-[0-9]{8}_[0-9]{6}-\w+")
_MLFLOW_WHY = "Metrics and parameters that MLflow keeps here alone; the model is untouched."
_OFFLINE_WHY = "An offline W&B run: curves that may never have been uploaded; no model is lost."
_ONLINE_WHY = "The local copy of a W&B run that was being uploaded; the model is untouched."


class TrackersLayout:
    """Recognises the records in one run of MLflow, and the runs in a `wandb` folder."""

    name = "trackers"

    def recognise(self, folder: Folder) -> Sightings:
        return Sightings(sundries=_mlflow(folder) + _wandb(folder))


def _mlflow(folder: Folder) -> tuple[Sundry, ...]:
    if folder.kinds.get("meta.yaml") is not Kind.FILE:
        return ()
    return tuple(
        Sundry(name, "log", Consequence.INCONVENIENT, _MLFLOW_WHY)
        for name in _MLFLOW_RECORDS
        if folder.kinds.get(name) is Kind.DIRECTORY
    )


def _wandb(folder: Folder) -> tuple[Sundry, ...]:
    if folder.name not in ("wandb", ".wandb"):
        return ()
    return tuple(
        Sundry(
            name,
            "log",
            Consequence.INCONVENIENT,
            _OFFLINE_WHY if name.startswith("offline-") else _ONLINE_WHY,
        )
        for name in folder.names(Kind.DIRECTORY)
        if _WANDB_RUN.fullmatch(name) and not holds_weights(folder.child(name))
    )
