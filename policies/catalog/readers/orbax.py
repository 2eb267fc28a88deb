"""Read what an Orbax step directory tells: its metrics, and whether it was committed."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ...late_dataclass import dataclass
from ..tree import Folder
from .contents import json_object
from .numbers import number
from .small_json import MAX_BYTES, numbers_of

METADATA = "_CHECKPOINT_METADATA"


@dataclass(frozen=True, slots=True)
class OrbaxStep:
    """`committed` is None where the directory does not say."""

    metrics: Mapping[str, float]
    committed: bool | None


def commit_time(folder: Folder) -> float | None:
    """When the step was committed, in seconds since the epoch, as Orbax recorded it."""
    document = json_object(folder, METADATA, MAX_BYTES)
    written = number(document.get("commit_timestamp_nsecs")) if document else None
    return written / 1e9 if written is not None and math.isfinite(written) else None


def read_orbax_step(folder: Folder) -> OrbaxStep:
    """Metrics are an item of their own; the `metrics` field of the metadata stays empty."""
    document = json_object(folder, METADATA, MAX_BYTES)
    committed = None
    if document is not None and "commit_timestamp_nsecs" in document:
        committed = document["commit_timestamp_nsecs"] is not None
    place = folder.child("metrics")
    metrics = json_object(place, "metrics", MAX_BYTES) if place else None
    return OrbaxStep(numbers_of(metrics or {}), committed)
