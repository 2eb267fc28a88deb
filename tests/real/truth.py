"""What a training script knows about the run it has just made, written as truth.json beside it.

Ids and links are relative to the run directory. `metrics` are the values that the framework
reported for that step, without its timings; a killed save has none, for nothing on disk holds them.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(slots=True)
class SavedCheckpoint:
    id: str
    step: int | None
    epoch: float | None
    metrics: dict[str, float] = field(default_factory=dict)
    complete: bool = True
    counter: int | None = None
    """A number in the name that counts neither steps nor epochs."""
    members: list[str] = field(default_factory=list)
    """The files of a set; a single file or directory is its id."""


@dataclass(slots=True)
class Truth:
    framework: str
    version: str
    run: str
    best: str | None = None
    best_metric: str = ""
    best_mode: str = "min"
    final_model: list[str] = field(default_factory=list)
    pointers: dict[str, str] = field(default_factory=dict)
    """Symbolic link -> the checkpoint it stands for."""
    copies: dict[str, str] = field(default_factory=dict)
    """A further file holding the same step -> the checkpoint that it repeats."""
    checkpoints: list[SavedCheckpoint] = field(default_factory=list)

    def choose_best(self) -> None:
        """Name the complete checkpoint with the lowest value of the run's metric."""
        rated = [c for c in self.checkpoints if c.complete]
        self.best = min(rated, key=lambda c: c.metrics[self.best_metric]).id

    def write_beside(self, run_dir: Path) -> None:
        text = json.dumps(asdict(self), indent=1) + "\n"
        (run_dir.parent / "truth.json").write_text(text)
