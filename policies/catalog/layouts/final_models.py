"""Models ready for use: diffusers pipelines, LoRA weights, exported transformers in the root.

A pipeline is `model_index.json` and the component folders that it lists.
"""

from __future__ import annotations

import json

from ..model import Kind
from ..sighting import FinalModel, Sightings
from ..tree import Folder

_INDEX = "model_index.json"
_LORA = ("pytorch_lora_weights.safetensors", "pytorch_lora_weights.bin")


class PipelineLayout:
    """Recognises the pipeline that diffusers' training scripts end with."""

    name = "diffusers-pipeline"

    def recognise(self, folder: Folder) -> Sightings:
        finals = [
            FinalModel((name,), "the LoRA that training ended with")
            for name in _LORA
            if folder.kinds.get(name) is Kind.FILE
        ]
        if folder.kinds.get(_INDEX) is Kind.FILE:
            components = (name for name in _listed(folder) if name in folder.kinds)
            finals.append(FinalModel((_INDEX, *components), "a whole diffusers pipeline"))
        return Sightings(finals=tuple(finals))


def _listed(folder: Folder) -> list[str]:
    """The component folders that the index names: keys whose value is a pair of strings."""
    try:
        index = json.loads(folder.read(_INDEX, 1 << 20) or b"")
    except (ValueError, RecursionError):
        return []
    if not isinstance(index, dict):
        return []
    return [key for key, value in index.items() if isinstance(value, list) and "/" not in key]
