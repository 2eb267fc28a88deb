"""Reinforcement learning: Stable-Baselines3's zips with their companions, Ray's directories.

A replay buffer and the statistics of normalisation belong to the model of the same step. Ray
counts its directories: the number orders them and is no step.
"""

from __future__ import annotations

from ...patterns import pattern
from ..content import folders_at, holds_weights, judged_directories
from ..model import Kind, Standing
from ..sets import file_sets, judged, matching, numbered
from ..sighting import Sighting, Sightings
from ..tree import Folder

_SB3 = pattern(
    r".+?(?P<part>_replay_buffer|_vecnormalize)?_(?P<step>[0-9]{1,18})_steps(?P<ending>\.zip|\.pkl)"
)
_SB3_BEST = "best_model.zip"
_RAY = pattern(r"checkpoint_(?P<counter>[0-9]{6})")
_RAY_MARKS = (
    "rllib_checkpoint.json", "algorithm_state.pkl", "algorithm_state.msgpack", ".metadata.json",
    ".tune_metadata", ".is_checkpoint", "dict_checkpoint.pkl", "class_and_ctor_args.pkl",
)  # fmt: skip


class StableBaselinesLayout:
    """Recognises CheckpointCallback's and EvalCallback's files."""

    name = "stable-baselines3"

    def recognise(self, folder: Folder) -> Sightings:
        if not folder.has_suffix(".zip", ".pkl"):
            return Sightings()
        found = file_sets(
            folder, _SB3, required=(".zip",), order=lambda name: not name.endswith(".zip")
        )
        if folder.kinds.get(_SB3_BEST) is Kind.FILE:
            best = Sighting(_SB3_BEST, "", (_SB3_BEST,), standing=Standing.BEST)
            found.append(judged(folder, best))
        return Sightings(tuple(found))


class RayLayout:
    """Recognises checkpoints of RLlib, Ray Tune and Ray Train."""

    name = "ray"

    def recognise(self, folder: Folder) -> Sightings:
        found = [
            numbered(match, counts="iteration") for match in matching(folder, _RAY, Kind.DIRECTORY)
        ]
        if not any(_is_ray(folder.child(one.name)) for one in found):
            return Sightings()
        return Sightings(tuple(judged_directories(folder, found)))


def _is_ray(inside: Folder | None) -> bool:
    if inside is None:
        return False
    marked = any(name in place.kinds for place in folders_at(inside, 1) for name in _RAY_MARKS)
    return marked or holds_weights(inside)
