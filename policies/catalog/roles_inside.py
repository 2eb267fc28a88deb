"""The role of a torch file whose name says nothing, from its walked pickle; never executed.

`state.pt`, `rank0.pt`, `optim-00.bin`: by name any of these may be weights, so it is taken for
weights. What is inside may prove that it is the optimizer's alone. Only files right inside a
checkpoint's own directory are opened, and not where the file of that name in a sibling turned out
to be weights.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from ..patterns import pattern
from .listing import files_in
from .model import Kind, Role
from .roles import role_of
from .tree import Folder, Tree


class Inside(StrEnum):
    """What a file turned out to be."""

    OPTIMIZER = "optimizer"
    SCHEDULER = "scheduler"
    SCALER = "scaler"
    RNG = "rng"
    WEIGHTS = "weights"
    MIXED = "mixed"  # weights, and with them what only resuming needs
    UNKNOWN = "unknown"  # no file of torch, or one of something else
    UNREADABLE = "unreadable"  # begins as one, and is cut short


ROLE_OF = {
    Inside.OPTIMIZER: Role.OPTIMIZER,
    Inside.SCHEDULER: Role.SCHEDULER,
    Inside.SCALER: Role.SCALER,
    Inside.RNG: Role.RNG,
    Inside.WEIGHTS: Role.WEIGHTS,
    Inside.MIXED: Role.WEIGHTS,
    Inside.UNKNOWN: Role.OTHER,
    Inside.UNREADABLE: Role.OTHER,
}
FOR_RESUMING = frozenset({Inside.OPTIMIZER, Inside.SCHEDULER, Inside.SCALER, Inside.RNG})
_LIKE_SIBLINGS = frozenset({Inside.WEIGHTS, Inside.MIXED, Inside.UNKNOWN})
_TORCH = pattern(r".*\.(pt|pth|bin|ckpt|pth\.tar)")
_SAYS_WEIGHTS = pattern(
    r"model|weight|ema|lora|adapter|net|param|vae|coder|policy|critic|actor|embed|head|module|"
    r"consolidated|former|discriminator|generator|backbone|value|[gd]_[0-9]"
)
_START = 2
_STARTS = (b"PK", b"\x80")  # of what torch writes: a zip, or a pickle
_MOST = 512  # files of one checkpoint; of more, each stays what its name says


def mute_names(kinds: dict[str, Kind]) -> tuple[str, ...]:
    """The torch files of a directory that could be anything by their names."""
    return tuple(name for name in files_in(kinds) if _is_mute(name))[:_MOST]


def _is_mute(name: str) -> bool:
    small = name.lower()
    if role_of(name) is not Role.WEIGHTS or not _TORCH.fullmatch(small):
        return False
    return not _SAYS_WEIGHTS.search(small)


def inside(tree: Tree, directory: str, name: str) -> Inside:
    """What a file is by its content; read once, and not where a sibling was no part to slim."""
    above = directory.rpartition("/")[0]
    look = ("inside", above, name)  # rank0 may hold what rank1 does not
    for other in _LIKE_SIBLINGS:
        if (*look, other) in tree.whole_looks:
            return other
    found = Inside(tree.fact(directory, f"inside {name}", _reading(tree, directory, name)))
    if found in _LIKE_SIBLINGS:
        tree.whole_looks[*look, found] = ()
    return found


def is_for_resuming(folder: Folder, name: str) -> bool:
    """Whether a file of a checkpoint is proved to be what only resuming needs."""
    return inside(folder.tree, folder.path, name) in FOR_RESUMING


def _reading(tree: Tree, directory: str, name: str) -> Callable[[], str]:
    def read() -> str:
        # Imported when needed: most runs have no such files.
        from .readers.torch_content import Content
        from .readers.torch_file import read_torch_file

        folder = Folder(tree, directory, {name: Kind.FILE})
        if not (folder.read(name, _START) or b"").startswith(_STARTS):
            return Inside.UNKNOWN.value
        content = read_torch_file(folder, name)
        if content is None:
            return Inside.UNREADABLE.value
        if content.part is not None:
            return Inside(content.part.value).value
        if not content.holds_weights:
            return Inside.UNKNOWN.value
        return (Inside.MIXED if content.kind is Content.FULL else Inside.WEIGHTS).value

    return read
