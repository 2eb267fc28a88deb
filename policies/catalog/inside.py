"""Step, epoch and metrics of copies without a number in their name, from inside their files.

What a framework writes over (`ckpt.pt`, `checkpoint.pth.tar`, `last.ckpt`) says only inside how far
training was. One bounded read each, walked and never unpickled; they stay the copies they are.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .model import Checkpoint, Kind, Standing, State
from .tree import Folder, Tree

if TYPE_CHECKING:
    from .readers.records import Progress

_TORCH = (".pt", ".pth", ".pth.tar", ".ckpt", ".bin")
_STABLE_BASELINES = ".zip"
_SPACY = "spacy"  # directories, with a small JSON
_COPIES = (Standing.RESUME, Standing.BEST)
_MAX_READS = 100  # of one scan; each takes a millisecond, of a large model twenty


def with_progress_inside(tree: Tree, checkpoints: Sequence[Checkpoint]) -> list[Checkpoint]:
    """The same checkpoints; what cannot be read stays without a number."""
    wanted = sorted((one.id, at) for at, one in enumerate(checkpoints) if _is_mute(one))
    found = list(checkpoints)
    for _, at in wanted[:_MAX_READS]:
        found[at] = _told(checkpoints[at], _read(tree, checkpoints[at]))
    return found


def _is_mute(one: Checkpoint) -> bool:
    """A whole copy in one file that tells nothing by its name."""
    if one.number is not None or one.standing not in _COPIES or one.state is not State.COMPLETE:
        return False
    if one.layout == _SPACY:
        return True
    if len(one.members) != 1 or one.members[0].kind is not Kind.FILE:
        return False
    return one.id.endswith(_TORCH) or _is_stable_baselines(one)


def _is_stable_baselines(one: Checkpoint) -> bool:
    return one.layout == "stable-baselines3" and one.id.endswith(_STABLE_BASELINES)


def _read(tree: Tree, one: Checkpoint) -> Progress | None:
    path, name = posixpath.split(one.members[0].path)
    folder = Folder(tree, path, {name: Kind.FILE})
    # Readers are imported when needed: each costs a start a millisecond or more.
    if one.layout == _SPACY:
        from .readers.small_json import read_spacy

        return read_spacy(Folder(tree, one.id, {}))
    if _is_stable_baselines(one):
        from .readers.sb3 import read_sb3_model

        return read_sb3_model(folder, name)
    from .readers.torch_content import progress_of
    from .readers.torch_file import read_torch_file

    content = read_torch_file(folder, name)
    return None if content is None or content.unsure else progress_of(content)


def _told(one: Checkpoint, inside: Progress | None) -> Checkpoint:
    if inside is None:
        return one
    metrics = {**inside.metrics, **one.metrics}
    return replace(one, step=inside.step, epoch=inside.epoch, metrics=metrics)
