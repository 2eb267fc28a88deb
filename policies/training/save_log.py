"""Write down what a loop says about a save: one line of `.keepstep/metrics.jsonl` each.

`catalog/given_metrics.py` reads it, so that rules see metrics that no framework has logged. Lines
are only ever added; one that a crash cut short is passed over.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable

from ..catalog.given_metrics import GivenRow
from ..commit.state import ensure_state_directory, open_shared
from ..json_text import Document, number
from ..places import METRICS_FILE


def append_rows(state: str, rows: Iterable[GivenRow]) -> None:
    """Add rows to the log of one state directory, durably; raises OSError."""
    text = "".join(f"{json.dumps(_document(row), allow_nan=False)}\n" for row in rows)
    ensure_state_directory(os.path.dirname(state))
    fd = open_shared(os.path.join(state, METRICS_FILE))
    try:
        # Added in one piece at the end, whoever else is writing.
        fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_APPEND)
        os.write(fd, (_end_of_torn_line(fd) + text).encode("ascii"))
        os.fsync(fd)
    finally:
        os.close(fd)


def _end_of_torn_line(fd: int) -> str:
    size = os.fstat(fd).st_size
    return "\n" if size and os.pread(fd, 1, size - 1) != b"\n" else ""


def _document(row: GivenRow) -> Document:
    return {
        "checkpoint": row.checkpoint or None,
        "step": row.step,
        "epoch": number(row.epoch),
        "metrics": {name: number(value) for name, value in row.metrics.items()},
        "at": row.at,
        **(
            {"recent": {name: [number(v) for v in values] for name, values in row.recent.items()}}
            if row.recent
            else {}
        ),
    }
