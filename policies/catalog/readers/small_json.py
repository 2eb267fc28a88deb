"""Read the small files that frameworks leave inside a checkpoint: JSON, and one flat YAML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..tree import Folder
from .contents import json_object, whole
from .numbers import cell, count, number
from .records import Progress

MAX_BYTES = 1_000_000
_NOT_METRICS = frozenset(("unixtime", "epoch", "end-of-epoch", "step", "num_samples"))


def read_levanter(folder: Folder) -> Progress | None:
    """levanter's `metadata.json`; temporary ones it removes by itself."""
    document = json_object(folder, "metadata.json", MAX_BYTES)
    step = count(document.get("step")) if document else None
    if document is None or step is None:
        return None
    return Progress(step=step, temporary=document.get("is_temporary") is True)


def read_kohya_state(folder: Folder) -> Progress | None:
    """`train_state.json` in the `-state` directory of kohya's scripts."""
    document = json_object(folder, "train_state.json", MAX_BYTES)
    if document is None:
        return None
    step, epoch = count(document.get("current_step")), count(document.get("current_epoch"))
    return None if step is None and epoch is None else Progress(step=step, epoch=epoch)


def read_speechbrain(folder: Folder) -> Progress | None:
    """SpeechBrain's `CKPT.yaml`: flat, every number but the times and counters is a metric."""
    raw = whole(folder, "CKPT.yaml", MAX_BYTES)
    if raw is None:
        return None
    values: dict[str, float] = {}
    for line in raw.decode("utf-8", "replace").splitlines():
        key, colon, text = line.partition(":")
        value = cell(text.strip().replace(".inf", "inf").replace(".nan", "nan"))
        if colon and not key.startswith(("#", " ")) and value is not None:
            values[key.strip().strip("'\"")] = value
    metrics = {key: value for key, value in values.items() if key not in _NOT_METRICS}
    return Progress(epoch=count(values.get("epoch")), metrics=metrics) if values else None


def read_spacy(folder: Folder) -> Progress | None:
    """`meta.json` of a spaCy model: its scores stand under `performance`."""
    document = json_object(folder, "meta.json", MAX_BYTES)
    scores = document.get("performance") if document else None
    return Progress(metrics=numbers_of(scores)) if isinstance(scores, dict) else None


def numbers_of(document: Mapping[str, Any]) -> dict[str, float]:
    """The numbers at the top of an object."""
    found = ((key, number(value)) for key, value in document.items())
    return {key: value for key, value in found if value is not None}
