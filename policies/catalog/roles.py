"""What a file inside a checkpoint is for, by the names that frameworks give it.

Used for sums per role in the details. A name that says nothing has the role `other`.
"""

from __future__ import annotations

import re
from functools import lru_cache

from .model import Role

# First match wins; matched against the file's own name.
_ROLES: tuple[tuple[re.Pattern[str], Role], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), role)
    for pattern, role in (
        (r"optimi[sz]er.*\.(pt|bin|pth|safetensors)|.*_optim_states\.pt|distrib_optim\.pt", Role.OPTIMIZER),
        (r".*\.(solverstate|pdopt)|opt(im)?[0-9]+\.pt|recipe_state\.pt", Role.OPTIMIZER),
        (r"(lr_)?scheduler.*\.(pt|bin|pth)", Role.SCHEDULER),
        (r"rng_state.*\.pth|random_states_.*\.pkl", Role.RNG),
        (r"(grad_)?scaler.*\.(pt|bin|pth)", Role.SCALER),
        (r"adapter_model.*\.(safetensors|bin)|.*lora_weights\.safetensors", Role.ADAPTER),
        (r"tokenizer.*|vocab\.(json|txt)|merges\.txt|special_tokens_map\.json|added_tokens\.json|spiece\.model|chat_template.*", Role.TOKENIZER),
        (r"trainer_state\.json|.*\.index(\.json)?|\.metadata|metadata(\.json)?|_CHECKPOINT_METADATA|_METADATA|latest", Role.METADATA),
        (r"(.*_)?config\.(json|ya?ml)|training_args\.bin|args\.(json|ya?ml)|hparams\.ya?ml", Role.CONFIG),
        (r".*\.(safetensors|bin|pt|pth|ckpt|h5|keras|distcp|msgpack|pdparams|npz|onnx|pth\.tar|hdf5|nemo|cbm|caffemodel|params|weights|ubj)", Role.WEIGHTS),
        (r".*\.data-[0-9]+-of-[0-9]+|.*\.(pth|pt)\.[0-9]+", Role.WEIGHTS),
    )
)  # fmt: skip


@lru_cache(maxsize=4096)  # every checkpoint of a run has the same few names
def role_of(name: str) -> Role:
    """The role of a file by its own name, without directories."""
    for pattern, role in _ROLES:
        if pattern.fullmatch(name):
            return role
    return Role.OTHER
