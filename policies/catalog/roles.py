"""What a file inside a checkpoint is for, by the names that frameworks give it.

Used for sums per role, and for what slimming may take away: a name that could be taken for
weights is taken for weights, and one that says nothing has the role `other`. Of a file below a
folder that is the optimizer's (`optimizer_0/`, `optim/`), the folder decides.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ..patterns import pattern
from .model import Role

# What only resuming needs: without these the weights still load.
RESUME_ROLES = frozenset({Role.OPTIMIZER, Role.SCHEDULER, Role.RNG, Role.SCALER, Role.REPLAY})
# Worth slimming for; the rest is small.
LARGE_ROLES = frozenset({Role.OPTIMIZER, Role.REPLAY})
WEIGHT_ROLES = frozenset({Role.WEIGHTS, Role.ADAPTER})

_TORCH = r"\.(pt|bin|pth|pkl|safetensors|pth\.tar)"
# First match wins; matched against the file's own name in small letters, which costs less than
# patterns that ignore case.
_ROLES: tuple[tuple[re.Pattern[str], Role], ...] = tuple(
    (pattern(text), role)
    for text, role in (
        (r"optimi[sz]er(_bin|_states?)?([-_.]?[0-9]+)?" + _TORCH, Role.OPTIMIZER),
        (r"rank[0-9]+-of-[0-9]+-optimizer\.pt", Role.OPTIMIZER),
        (r"optimi[sz]er-[0-9]{5}-of-[0-9]{5}" + _TORCH, Role.OPTIMIZER),
        (r".*[-_.]optimi[sz]er" + _TORCH + r"|.*[-_.]optim" + _TORCH, Role.OPTIMIZER),
        (r"optimi[sz]er[-_].*[0-9*]" + _TORCH + r"|optim[-_].*[0-9*]" + _TORCH, Role.OPTIMIZER),
        (r".*_optim_states\.pt|distrib_optim\.pt|optim" + _TORCH, Role.OPTIMIZER),
        (r".*\.(solverstate(\.h5)?|pdopt|optim)|optim[0-9]+\.pt|recipe_state\.pt", Role.OPTIMIZER),
        (r"(lr_)?scheduler(_states?)?([-_]?[0-9]+)?" + _TORCH, Role.SCHEDULER),
        (r"(lr_)?sched(uler)?[-_].*[0-9*]" + _TORCH + r"|.*[-_.](lr_)?sched(uler)?" + _TORCH, Role.SCHEDULER),
        (r"rng_states?(_[0-9]+)?\.(pth|pt|pkl)|random_states(_[0-9]+)?\.pkl", Role.RNG),
        (r"sampler(_[0-9]+)?\.bin|dl_state_dict(_[0-9]+)?\.bin", Role.RNG),
        (r"(grad_)?scaler(_states?)?([-_]?[0-9]+)?\.(pt|bin|pth)|.*\.pdscaler", Role.SCALER),
        (r"(.*_)?replay_buffer(_[0-9]+(_steps)?)?\.pkl", Role.REPLAY),
        (r"adapter_model.*\.(safetensors|bin)|adapter(_[0-9]+)?\.(pt|safetensors)|.*lora_weights\.safetensors", Role.ADAPTER),
        (r"tokenizer.*|vocab\.(json|txt)|merges\.txt|special_tokens_map\.json|added_tokens\.json|spiece\.model|chat_template.*", Role.TOKENIZER),
        (r"trainer_state\.json(\.slimmed)?|.*\.index(\.json)?|\.metadata|metadata(\.json)?|_checkpoint_metadata|_metadata|latest", Role.METADATA),
        (r"(.*_)?config\.(json|ya?ml)|training_args\.bin|args\.(json|ya?ml)|hparams\.ya?ml", Role.CONFIG),
        (r".*\.(safetensors|bin|pt|pth|ckpt|h5|keras|distcp|msgpack|pdparams|npz|onnx|pth\.tar|hdf5|nemo|cbm|caffemodel|params|weights|ubj)", Role.WEIGHTS),
        (r".*_[0-9]+_steps\.zip|best_model\.zip", Role.WEIGHTS),
        (r".*\.data-[0-9]+-of-[0-9]+|.*\.(pth|pt)\.[0-9]+", Role.WEIGHTS),
    )
)  # fmt: skip
_OPTIMIZER_FOLDER = pattern(r"optim|optimi[sz]er(_[0-9]+)?")


@lru_cache(maxsize=4096)  # every checkpoint of a run has the same few names
def role_of(name: str, folder: str = "") -> Role:
    """The role of a file by its own name and that of the folder right above it, if any."""
    if folder and holds_the_optimizer(folder):
        return Role.OPTIMIZER
    name = name.lower()
    for known, role in _ROLES:
        if known.fullmatch(name):
            return role
    return Role.OTHER


def holds_the_optimizer(folder: str) -> bool:
    """Whether all files right inside a folder of this name are the optimizer's."""
    return bool(_OPTIMIZER_FOLDER.fullmatch(folder))


@lru_cache(maxsize=4096)
def leaves_whole(folder: str) -> bool:
    """Whether a folder right inside a checkpoint holds nothing but what resuming needs."""
    return holds_the_optimizer(folder) or bool(PARTITIONS.fullmatch(folder))


def is_optimizer(name: str) -> bool:
    """Whether an entry is, by its name, the optimizer's file or folder, or a replay buffer."""
    if not any(part in name for part in _PARTS_OF_NAMES):
        return False
    return leaves_whole(name) or role_of(name) in LARGE_ROLES


_PARTS_OF_NAMES = ("opt", "global_step", ".solverstate", "replay")  # one of these at least
# A folder of ZeRO's partitions beside weights that were put together from them.
PARTITIONS = pattern(r"global_step[0-9]+(_universal)?")
