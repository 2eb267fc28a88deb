"""Signs that a directory is a whole run, not one checkpoint of a series of numbered directories."""

from __future__ import annotations

from ..patterns import pattern
from .evidence import is_weight_name
from .model import Kind
from .numbered_names import families
from .tree import Folder

_RECORD = pattern(r"events\.out\.tfevents.*|.*\.log|metrics\.csv|progress\.csv|hparams\.yaml")
_RUN_FOLDERS = frozenset(
    {"checkpoints", "ckpts", "ckpt", "logs", "tensorboard", "tb", "wandb", "mlruns", "runs",
     "lightning_logs", ".hydra"}
)  # fmt: skip


def looks_like_run(folder: Folder) -> bool:
    """Records of a run, folders that only runs have, or several checkpoints in it."""
    return folder.tell(_look_like_a_run)


def _look_like_a_run(kinds: dict[str, Kind]) -> bool:
    files = [name for name, kind in kinds.items() if kind is Kind.FILE]
    below = [name for name, kind in kinds.items() if kind is Kind.DIRECTORY]
    if not _RUN_FOLDERS.isdisjoint(below) or any(_RECORD.fullmatch(name) for name in files):
        return True
    return holds_several([*filter(is_weight_name, files), *below])


def holds_several(names: list[str]) -> bool:
    """Whether some of the names differ in a number that counts."""
    return any(len({one.numbers for one in family}) > 1 for family in families(names).values())
