"""Mean rewards of Stable-Baselines3, from the `evaluations.npz` of its EvalCallback.

It may lie beside the checkpoints, a folder up, or in a folder of logs; it is believed only where
there is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..logs import Logs
from ..model import Checkpoint
from ..readers.sb3 import read_evaluations
from ..tree import Tree
from .curves import by_curves
from .near import near

_FILE = "evaluations.npz"


def metrics(
    tree: Tree, path: str, group: Sequence[Checkpoint], logs: Logs
) -> Mapping[str, Mapping[str, float]]:
    """By id."""
    places = [folder for folder in near(tree, path) if _FILE in folder.kinds]
    return by_curves(read_evaluations(places[0]), group) if len(places) == 1 else {}
