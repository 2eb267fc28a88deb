"""What else lies in a training directory: its class, and the answer to "can I delete this?".

Names decide. A name that no row knows is not guessed at: it stays unrecognised, and is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from ..late_dataclass import dataclass
from ..patterns import pattern
from .listing import Stat
from .measure import measure_file
from .model import Artifact, Consequence
from .sighting import FinalModel

EVENT_MARK = ".tfevents"
_WRITERS = (EVENT_MARK, ".wandb")  # each framework appends to the newest of its own


@dataclass(frozen=True, slots=True)
class _Class:
    kind: str
    pattern: re.Pattern[str]
    consequence: Consequence
    why: str


def _row(kind: str, text: str, consequence: Consequence, why: str) -> _Class:
    return _Class(kind, pattern(text), consequence, why)


_CLASSES: tuple[_Class, ...] = (
    _row(
        "event",
        r"events\.out\.tfevents.*",
        Consequence.INCONVENIENT,
        "TensorBoard's curves are gone for good; the model is untouched.",
    ),
    _row(
        "event",
        r"run-.*\.wandb",
        Consequence.INCONVENIENT,
        "W&B's curves are gone for good unless they were uploaded; the model is untouched.",
    ),
    _row(
        "config",
        r"(.*_)?(config|configs|args|hparams|params|flags|opt)\.(json|ya?ml|toml|txt)|training_args\.bin|generation_config\.json|.*\.(ya?ml|toml|cfg|ini|gin)|ds_config.*\.json|wandb-metadata\.json",
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
        "config",
        r".*\.pbtxt|model\.json|architecture\.json|label_?map.*|classes\.txt|labels\.txt",
        Consequence.INCONVENIENT,
        "What the weights mean is written here; without it they are hard to use.",
    ),
    _row(
        "log",
        r".*\.(log(\.\d+)?|out|err|jsonl|tsv|wandb)|(std)?(out|err)(put)?\.txt|metrics.*\.(csv|json)|results.*\.(csv|json|txt)|result\.json|scalars\.json|\d{8}_\d{6}(\.log)?\.json|(.*[-_])?(summary|loss|losses|history|curves?|scores?)\.(csv|json|txt)|catboost_training\.json|evaluations\.npz|(.*\.)?monitor\.csv|evals?.*\.csv|events?\.csv|all_results\.json|(train|eval|test)_results\.json|trainer_state\.json|progress\.(csv|txt)|log\.txt|history\.(csv|json)",
        Consequence.INCONVENIENT,
        "The record of the run, often the only place of its metrics; the model is untouched.",
    ),
    _row(
        "visualization",
        r".*\.(png|jpe?g|webp|bmp|tiff?|svg|eps|gif|mp4|webm|avi|pdf|html)",
        Consequence.SAFE,
        "A picture that can be drawn again from the logs.",
    ),
    _row(
        "intermediate",
        r".*\.(npy|npz|arrow|parquet|cache|mmap|memmap|tfrecord)|cached_.*",
        Consequence.INCONVENIENT,
        "Arrays or caches that a later step may have to compute again.",
    ),
    _row(
        "other",
        r"readme(\.md|\.txt)?|.*\.(md|py|sh|sbatch|txt|ipynb|patch|diff|rst)|\.gitignore|\.gitattributes|requirements.*|dockerfile",
        Consequence.INCONVENIENT,
        "Notes or code of the run; small, and not made again by training.",
    ),
)  # fmt: skip


def events_by_writer(names: Iterable[str]) -> tuple[list[str], ...]:
    """Event files by the framework that writes them."""
    events = list(names)
    return tuple([name for name in events if mark in name] for mark in _WRITERS)


def artifact_of(path: str, name: str, found: Stat) -> Artifact | None:
    """The class of a file by its own name, or None where no row knows it."""
    small = name.lower()  # costs less than patterns that ignore case
    for row in _CLASSES:
        if row.pattern.fullmatch(small):
            measured = measure_file(path, found)
            return Artifact(path, row.kind, found.disk, row.consequence, row.why, measure=measured)
    return None


def may_still_grow(artifact: Artifact) -> Artifact:
    """An event file that is the newest of its folder: its writer may be alive."""
    why = f"The newest of its folder: it may still be written, and would be cut off. {artifact.why}"
    return replace(artifact, why=why, growing=True)


def final_model_of(path: str, final: FinalModel, disk: int) -> Artifact:
    """A file of the un-numbered model that training ended with; no policy deletes it."""
    why = f"It is {final.why}; it cannot be made again without training."
    return Artifact(path, "final-model", disk, Consequence.CATASTROPHIC, why)
