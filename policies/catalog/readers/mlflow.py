"""Read MLflow's file store: `metrics/<key>`, a line `timestamp value step` for each value.

A key with a slash is a path of directories.
"""

from __future__ import annotations

import io
from array import array

from ..model import Kind
from ..tree import Folder
from .contents import whole
from .numbers import cell, cell_count
from .records import Curve

MAX_FILE = 16_000_000
MAX_FILES = 1000
_MAX_DEPTH = 6


def read_mlflow_metric(folder: Folder, name: str) -> Curve | None:
    """One metric; lines that are malformed, as the last one of a live run may be, are left out."""
    raw = whole(folder, name, MAX_FILE)
    if raw is None:
        return None
    steps, values = array("q"), array("d")
    for line in io.BytesIO(raw):
        parts = line.decode("utf-8", "replace").split(None, 3)
        value = cell(parts[1]) if len(parts) in (2, 3) else None
        step = cell_count(parts[2]) if len(parts) == 3 else 0  # old stores have no step
        if value is not None and step is not None:
            steps.append(step)
            values.append(value)
    return Curve(steps, values)


def read_mlflow_metrics(folder: Folder) -> dict[str, Curve]:
    """Every metric below a run's `metrics` directory, by its key."""
    curves: dict[str, Curve] = {}
    pending = [(folder, "", 0)]
    while pending and len(curves) < MAX_FILES:
        place, prefix, depth = pending.pop()
        for name, kind in place.kinds.items():
            if kind is Kind.DIRECTORY and depth < _MAX_DEPTH:
                if (child := place.child(name)) is not None:
                    pending.append((child, f"{prefix}{name}/", depth + 1))
            elif kind is Kind.FILE and len(curves) < MAX_FILES:
                curve = read_mlflow_metric(place, name)
                if curve is not None and curve.steps:
                    curves[prefix + name] = curve
    return curves
