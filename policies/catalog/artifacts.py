"""What else lies in a training directory: its class, and the answer to "can I delete this?".

Names decide. A name that no row knows is not guessed at: it stays unrecognised, and is kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .model import Artifact, Consequence
from .sighting import FinalModel


@dataclass(frozen=True, slots=True)
class _Class:
    kind: str
    pattern: re.Pattern[str]
    consequence: Consequence
    why: str


def _row(kind: str, pattern: str, consequence: Consequence, why: str) -> _Class:
    return _Class(kind, re.compile(pattern, re.IGNORECASE), consequence, why)


_CLASSES: tuple[_Class, ...] = (
    _row(
        "event",
        r"events\.out\.tfevents.*",
        Consequence.INCONVENIENT,
        "TensorBoard curves are gone for good; the model is untouched.",
    ),
    _row(
        "config",
        r"(.*_)?(config|configs|args|hparams|params|flags|opt)\.(json|ya?ml|toml|txt)|training_args\.bin|generation_config\.json|meta\.yaml",
        Consequence.INCONVENIENT,
        "How the run was set up is written here; without it the run is hard to repeat.",
    ),
    _row(
        "config",
        r"tokenizer.*\.(json|model)|vocab\.(json|txt)|merges\.txt|special_tokens_map\.json|added_tokens\.json",
        Consequence.INCONVENIENT,
        "The final model cannot be used without its tokenizer.",
    ),
    _row(
        "log",
        r".*\.(log|out|err|jsonl)|nohup\.out|metrics.*\.(csv|json)|results.*\.(csv|json)|all_results\.json|(train|eval|test)_results\.json|trainer_state\.json|progress\.(csv|txt)|log\.txt|history\.(csv|json)",
        Consequence.INCONVENIENT,
        "The record of the run, often the only place of its metrics; the model is untouched.",
    ),
    _row(
        "visualization",
        r".*\.(png|jpe?g|svg|gif|pdf|html)",
        Consequence.SAFE,
        "A picture that can be drawn again from the logs.",
    ),
    _row(
        "intermediate",
        r".*\.(npy|npz|arrow|cache|mmap)|cached_.*",
        Consequence.INCONVENIENT,
        "Arrays or caches that a later step may have to compute again.",
    ),
    _row(
        "other",
        r"readme(\.md|\.txt)?|.*\.(md|py|sh|sbatch|txt|ipynb)|\.gitignore|\.gitattributes",
        Consequence.INCONVENIENT,
        "Notes or code of the run; small, and not made again by training.",
    ),
)  # fmt: skip


def artifact_of(path: str, name: str, disk: int) -> Artifact | None:
    """The class of a file by its own name, or None where no row knows it."""
    for row in _CLASSES:
        if row.pattern.fullmatch(name):
            return Artifact(path, row.kind, disk, row.consequence, row.why)
    return None


def final_model_of(path: str, final: FinalModel, disk: int) -> Artifact:
    """A file of the un-numbered model that training ended with; no policy deletes it."""
    why = f"It is {final.why}; it cannot be made again without training."
    return Artifact(path, "final-model", disk, Consequence.CATASTROPHIC, why)
