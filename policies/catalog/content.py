"""What lies inside a checkpoint directory, and what speaks against its being whole.

A directory counts as a checkpoint by its content. Missing files are told by what its siblings
have, so that a framework's optional files are missed only where they are usual.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from .evidence import is_weight_name, trouble_with
from .model import Kind, State
from .roles import is_optimizer
from .sighting import Sighting
from .tree import Folder
from .weights_only import lasting, weights_only

SHARD = re.compile(r"(.+)-([0-9]{5})-of-([0-9]{5})\.(safetensors|bin|pt|ckpt|msgpack)")
DCP_MARKER = ".metadata"  # torch.distributed.checkpoint renames it into place as its last act
_ZARR_MARKS = ("manifest.ocdbt", "_METADATA", "zarr.json", ".zarray", "saved_model.pb")
_DEPTH = 2  # levels below the checkpoint that are looked at

NO_WEIGHTS = "no weights in it"

Check = Callable[[Folder], str]


def no_trouble(_: Folder) -> str:
    """For layouts without a marker of their own."""
    return ""


def folders_at(folder: Folder, depth: int = _DEPTH) -> Iterator[Folder]:
    """The folder and its sub-folders, some levels down."""
    yield folder
    if depth:
        for name in folder.names(Kind.DIRECTORY):
            if (child := folder.child(name)) is not None:
                yield from folders_at(child, depth - 1)


def weights_in(folder: Folder | None) -> Iterator[tuple[Folder, str]]:
    """Weights-like files in the directory and below."""
    if folder is not None:
        for place in folders_at(folder):
            for name in place.names(Kind.FILE):
                if is_weight_name(name) or name in _ZARR_MARKS:
                    yield place, name


def holds_weights(folder: Folder | None) -> bool:
    """Whether anything in the directory looks like weights."""
    return next(weights_in(folder), None) is not None


def trouble_inside(folder: Folder | None) -> str:
    """Why the directory cannot be a whole checkpoint, in words, or ""."""
    if folder is None:
        return "the directory cannot be listed"
    if folder.path in folder.tree.whole:
        return ""
    empty = True
    for place, name in weights_in(folder):
        empty = False
        if trouble := trouble_with(place, name):
            return trouble
    if empty:
        return NO_WEIGHTS
    for place in folders_at(folder):
        if trouble := missing_shard(place) or missing_marker(place):
            return trouble
    return ""


def missing_shard(folder: Folder) -> str:
    """Fewer `-00001-of-00003` files than the names themselves promise."""
    seen: dict[tuple[str, str], int] = {}
    for name in folder.kinds:
        if match := SHARD.fullmatch(name):
            key = (match[1], match[3])
            seen[key] = seen.get(key, 0) + 1
    for (stem, total), count in seen.items():
        if count < int(total):
            return f"{count} of {int(total)} shards of {stem}"
    return ""


def missing_marker(folder: Folder) -> str:
    """Files of torch.distributed.checkpoint without the one that commits them."""
    if not folder.has_suffix(".distcp") or DCP_MARKER in folder.kinds:
        return ""
    return f"no {DCP_MARKER}, which is written last"


def missing_common(
    own: Iterable[str], siblings: Sequence[frozenset[str]], *, slimmed: bool = False
) -> str:
    """A name that all siblings have, and at least two of them there are.

    What was slimmed no longer tells what a whole sibling has, and lacks nothing that slimming
    takes.
    """
    names = frozenset(own)
    others = [other for other in siblings if other != names]
    whole = [other for other in others if any(map(is_optimizer, other))]
    lost = bool(whole) and not slimmed and not any(map(is_optimizer, names))
    several = len(siblings) > 2 if lost else len(others) > 1
    expected = frozenset.intersection(*(whole or others)) if several and others else frozenset()
    missing = sorted((lasting(expected) if slimmed else expected) - names)
    return f"no {missing[0]}, which its siblings have" if missing else ""


def judged_directories(
    folder: Folder,
    found: Sequence[Sighting],
    check: Check = no_trouble,
    *,
    siblings: bool = True,
) -> list[Sighting]:
    """The same sightings of directories, with their states.

    A file that all siblings of the family have is missed, unless their contents may differ.
    """
    contents: dict[str, list[frozenset[str]]] = {}
    for one in found if siblings else ():
        if (inside := folder.child(one.name)) is not None:
            contents.setdefault(one.family, []).append(frozenset(inside.kinds))
    slimmed = weights_only(folder, found)
    judged = []
    for one in found:
        inside = folder.child(one.name)
        if one.name in slimmed:
            one = replace(one, weights_only=True)
        trouble = _trouble(inside, check, one.weights_only, contents.get(one.family, []))
        judged.append(with_trouble(one, trouble))
    return judged


def _trouble(
    inside: Folder | None, check: Check, slimmed: bool, siblings: Sequence[frozenset[str]]
) -> str:
    if inside is None:
        return "the directory cannot be listed"
    return (
        check(inside)
        or trouble_inside(inside)
        or missing_common(inside.kinds, siblings, slimmed=slimmed)
    )


def with_trouble(one: Sighting, trouble: str) -> Sighting:
    """The sighting, incomplete for this reason; unchanged where there is none, or one already."""
    if not trouble or one.state is not State.COMPLETE:
        return one
    return replace(one, state=State.INCOMPLETE, evidence=trouble)
