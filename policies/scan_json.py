"""The catalog as `scan --json` prints it: format keepstep/scan, version 1."""

from __future__ import annotations

from .catalog.model import Catalog, Checkpoint
from .freed import optimizer_state
from .json_text import Document, instant, number


def scan_document(catalog: Catalog) -> Document:
    """Everything a scan found, in catalog order."""
    members: dict[str, list[Checkpoint]] = {}
    for checkpoint in catalog.checkpoints:
        members.setdefault(checkpoint.series, []).append(checkpoint)
    return {
        "format": "keepstep/scan",
        "version": 1,
        "root": catalog.root,
        "series": [
            {
                "id": one.id,
                "layout": one.layout,
                "checkpoints": one.checkpoints,
                "optimizer_state_bytes": optimizer_state(members.get(one.id, ())),
            }
            for one in catalog.series
        ],
        "checkpoints": [_checkpoint(one, one.id in catalog.pins) for one in catalog.checkpoints],
        "artifacts": [
            {
                "path": one.path,
                "class": one.kind,
                "bytes": one.bytes,
                "consequence": one.consequence.value,
                "why": one.why,
            }
            for one in catalog.artifacts
        ],
        "unrecognised": list(catalog.unrecognised),
        "warnings": list(catalog.warnings),
        "processes": processes_document(catalog),
    }


def processes_document(catalog: Catalog) -> Document:
    """Who used the root at the end of the scan, and how many could not be looked into."""
    return {
        "seen": [
            {
                "pid": one.pid,
                "command": one.command,
                "folder": one.folder,
                "open": [{"path": file.path, "writing": file.writing} for file in one.files],
            }
            for one in catalog.activity.processes
        ],
        "unseen": catalog.activity.unseen,
    }


def _checkpoint(one: Checkpoint, pinned: bool) -> Document:
    return {
        "id": one.id,
        "series": one.series,
        "layout": one.layout,
        "paths": [member.path for member in one.members],
        "step": one.step,
        "epoch": number(one.epoch),
        "metrics": {name: number(value) for name, value in sorted(one.metrics.items())},
        "bytes": {"disk": one.disk, "apparent": one.apparent},
        "apparent_by_role": {r.value: held for r, held in one.measure.roles} if one.measure else {},
        "saved_at": instant(one.saved_at),
        "state": one.state.value,
        "weights_only": one.weights_only,
        "pinned": pinned,
        "pointed_to_by": list(one.pointed_to_by),
    }
