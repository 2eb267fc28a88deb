"""Keep the right checkpoints while they are written: for training loops and around commands.

>>> from keepstep.policies.training import Keeper
>>> keeper = Keeper(run, policy="last-20")
>>> keeper.saved(f"{run}/model_epoch26.pth").result().trashed
('model_epoch5.pth', 'model_epoch6.pth')
>>> keeper.close().kept
20

Importing this is quick and needs no framework; what a name needs comes with its use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .conditions import above, below, better, every_epochs, every_minutes, every_steps
    from .keeper import Keeper
    from .keras_keeper import KerasKeeper
    from .lightning_keeper import LightningKeeper
    from .orbax_keeper import OrbaxKeeper
    from .save_when import SaveWhen
    from .transformers_keeper import TransformersKeeper

__all__ = [
    "Keeper",
    "KerasKeeper",
    "LightningKeeper",
    "OrbaxKeeper",
    "SaveWhen",
    "TransformersKeeper",
    "above",
    "below",
    "better",
    "every_epochs",
    "every_minutes",
    "every_steps",
]

_HOMES = {
    "Keeper": "keeper",
    "KerasKeeper": "keras_keeper",
    "LightningKeeper": "lightning_keeper",
    "OrbaxKeeper": "orbax_keeper",
    "SaveWhen": "save_when",
    "TransformersKeeper": "transformers_keeper",
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES.get(name, 'conditions')}", __name__), name)
