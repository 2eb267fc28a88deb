"""Keep the right checkpoints while they are written: for training loops and around commands.

>>> from keepstep.policies.training import Keeper
>>> keeper = Keeper(run, policy="last-20")
>>> keeper.saved(f"{run}/model_epoch26.pth").result().trashed
('model_epoch5.pth', 'model_epoch6.pth')
>>> keeper.close()

Nothing here needs a framework, and importing it is quick; what a name needs comes with its use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .keeper import Keeper
    from .upkeep import Upkeep

__all__ = ["Keeper", "Upkeep"]

_HOMES = {"Keeper": "keeper", "Upkeep": "upkeep"}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
