"""Folders that are one thing in many numbered parts, none of which is a checkpoint.

A number in a name counts saves only where each of them is whole in itself. Shards without a total,
the modules of a pipeline, the processes of an array store and the jobs of a sweep are numbered,
too; without the others each of them is worth nothing, or is no checkpoint of the same model.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..patterns import pattern
from .listing import Names
from .model import Kind
from .numbered_names import NumberedName
from .roles import is_optimizer
from .tree import Folder
from .words import words_of

# What marks an array or a group of arrays (zarr, OCDBT), or the items of one Orbax checkpoint.
_STORE = frozenset(
    {".zarray", ".zgroup", ".zmetadata", "zarr.json", "manifest.ocdbt", "_METADATA",
     "_CHECKPOINT_METADATA"}
)  # fmt: skip
# What stands beside a pipeline of several models, in folders of their own.
_PIPELINE = ("modules.json", "model_index.json", "config_sentence_transformers.json")
# What stands beside the parts of one model that was exported, or saved with its tokenizer.
_EXPORTED = (
    "tokenizer.json", "tokenizer.model", "tokenizer_config.json", "generation_config.json",
    "preprocessor_config.json", "params.json", "adapter_config.json",
)  # fmt: skip
_PART_OF_STATE = pattern(r"random_states_[0-9]+\.pkl|optimizer\.bin|rng_state(_[0-9]+)?\.pth")
_CONFIG = "config.json"
_CONFIG_BYTES = 1 << 16
_OF_A_MODEL = pattern(rb'"(model_type|architectures|transformers_version|_class_name|peft_type)"')
_ENGINE = ("model_states", "optim_states")  # DeepSpeed's own parts, by rank and by layer
_OF_PARAMETER = frozenset({"fp32.pt", "exp_avg.pt"})  # DeepSpeed's universal checkpoints
# Bare numbers in a folder of such a name tell runs apart.
_OF_RUNS = frozenset(
    {"run", "runs", "job", "jobs", "exp", "exps", "experiment", "experiments", "trial", "trials",
     "study", "sweep", "sweeps", "multirun", "seed", "seeds", "fold", "folds"}
)  # fmt: skip
_JOBS = "multirun.yaml"  # Hydra's, beside the numbered folders of its jobs


def is_store(folder: Folder) -> bool:
    """Whether a folder is an array store, or one checkpoint of such: nothing in it stands alone."""
    return folder.tell(_say_store)


def are_parts(folder: Folder, family: Sequence[NumberedName]) -> bool:
    """Whether the files of a family are parts of the one model that the folder holds."""
    first = family[0]
    if is_optimizer(first.name) or any(word in first.name for word in _ENGINE):
        return True
    return first.plain is not None and (_holds_one(folder) or _tells_runs_apart(folder, family))


def are_modules(folder: Folder, family: Sequence[NumberedName]) -> bool:
    """The same of directories: modules of a pipeline, adapters of a model, arrays, jobs."""
    if is_optimizer(family[0].name) or _tells_runs_apart(folder, family):
        return True
    if family[0].plain is not None:
        if _whole(folder).tell(_say_pipeline):
            return True
        if _count_from_the_start(family) and _holds_one(folder):
            return True
    children = [child for one in family if (child := folder.child(one.name)) is not None]
    return any(is_store(one) or not _OF_PARAMETER.isdisjoint(one.kinds) for one in children)


def _holds_one(folder: Folder) -> bool:
    names = _whole(folder)
    if names.tell(_say_one):
        return True
    if names.kinds.get(_CONFIG) is not Kind.FILE:
        return False
    return bool(_OF_A_MODEL.search(folder.read(_CONFIG, _CONFIG_BYTES) or b""))


def _say_store(kinds: dict[str, Kind]) -> bool:
    return any(name in kinds for name in _STORE)


def _whole(folder: Folder) -> Names:
    """All names in a folder, also those that a layout has claimed."""
    return folder.tree.names(folder.path)


def _say_pipeline(kinds: dict[str, Kind]) -> bool:
    return any(name in kinds for name in _PIPELINE)


def _say_one(kinds: dict[str, Kind]) -> bool:
    """An index of shards, the random states of a save, what is exported with a model."""
    if _say_pipeline(kinds) or any(name in kinds for name in _EXPORTED):
        return True
    return any(name.endswith(".index.json") or _PART_OF_STATE.fullmatch(name) for name in kinds)


def _tells_runs_apart(folder: Folder, family: Sequence[NumberedName]) -> bool:
    """Numbers alone, in a folder of runs."""
    if words_of(family[0].name.partition(".")[0]):
        return False
    return _JOBS in _whole(folder).kinds or not _OF_RUNS.isdisjoint(words_of(folder.name))


def _count_from_the_start(family: Sequence[NumberedName]) -> bool:
    """Numbers without a gap, the first of them 0, 1 or 2, as modules have."""
    numbers = sorted(one.plain for one in family if one.plain is not None)
    return numbers[0] <= 2 and numbers[-1] - numbers[0] == len(numbers) - 1
