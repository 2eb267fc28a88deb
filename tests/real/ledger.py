"""What a training loop says of its own saves, in a file that survives being killed."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Note:
    """One line: what happened, at which step, how good it was, and the checkpoint's name."""

    what: str  # "started", then for each save "begun" and "finished"
    step: int
    value: float | None = None
    name: str = ""


class Ledger:
    """Notes in a file of JSON Lines, each flushed to the disk before the loop goes on."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def note(self, what: str, step: int, value: float | None = None, name: str = "") -> None:
        line = json.dumps(asdict(Note(what, step, value, name))) + "\n"
        fd = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(fd, line.encode())
            os.fsync(fd)
        finally:
            os.close(fd)

    def notes(self) -> list[Note]:
        if not self.path.exists():
            return []
        return [Note(**json.loads(line)) for line in self.path.read_text().splitlines()]
