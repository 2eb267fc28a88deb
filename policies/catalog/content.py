"""What lies inside a checkpoint directory, and what speaks against its being whole.

A directory counts as a checkpoint by its content. Missing files are told by what its siblings
have, so that a framework's optional files are missed only where they are usual.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from ..patterns import pattern
from .evidence import is_weight_name, trouble_among
from .model import Kind, State
from .roles import is_optimizer
from .sighting import Sighting
from .tree import Folder
from .weights_only import lasting, mute_by_family, weights_only

SHARD = pattern(r"(.+)-([0-9]{5})-of-([0-9]{5})\.(safetensors|bin|pt|ckpt|msgpack)")
DCP_MARKER = ".metadata"  # torch.distributed.checkpoint renames it into place as its last act
_ZARR_MARKS = ("manifest.ocdbt", "_METADATA", "zarr.json", ".zarray", "saved_model.pb")
_DEPTH = 2  # levels below the checkpoint that are looked at

NO_WEIGHTS = "no weights in it"

Check = Callable[[Folder], str]
Siblings = Counter[frozenset[str]]  # what each of a family holds; most hold the same


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


def _weights(kinds: dict[str, Kind]) -> tuple[str, ...]:
    """Weights-like files, by name."""
    return tuple(
        name
        for name, kind in kinds.items()
        if kind is Kind.FILE and (is_weight_name(name) or name in _ZARR_MARKS)
    )


def holds_weights(folder: Folder | None) -> bool:
    """Whether anything in the directory, or some levels below, looks like weights."""
    return folder is not None and any(place.tell(_weights) for place in folders_at(folder))


def trouble_inside(folder: Folder | None) -> str:
    """Why the directory cannot be a whole checkpoint, in words, or ""."""
    if folder is None:
        return "the directory cannot be listed"
    if folder.path in folder.tree.whole:
        return ""
    places = [place for place in folders_at(folder) if place.tell(_weights)]
    if not places:
        return NO_WEIGHTS
    if trouble := folder.fact("trouble", lambda: _trouble_in_weights(folder, places)):
        return trouble
    for place in folders_at(folder):
        if trouble := place.tell(_missing_shard) or missing_marker(place):
            return trouble
    return ""


def _trouble_in_weights(folder: Folder, places: Sequence[Folder]) -> str:
    newest = folder.is_newest()
    troubles = (trouble_among(one, one.tell(_weights), newest=newest) for one in places)
    return next(filter(None, troubles), "")


def _missing_shard(kinds: dict[str, Kind]) -> str:
    """Fewer `-00001-of-00003` files than the names themselves promise."""
    seen: dict[tuple[str, str], int] = {}
    for name in kinds:
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
    own: Iterable[str],
    siblings: Siblings,
    *,
    slimmed: bool = False,
    mute: frozenset[str] = frozenset(),
) -> str:
    """A name that all siblings have, and at least two of them there are.

    What was slimmed no longer tells what a whole sibling has, and lacks nothing that slimming
    takes; `mute` are names of that kind which do not say so.
    """
    names = frozenset(own)
    others = [other for other in siblings if other != names]
    whole = [other for other in others if _hold_optimizer(other) or not mute.isdisjoint(other)]
    lost = bool(whole) and not slimmed and not _hold_optimizer(names) and mute.isdisjoint(names)
    total = siblings.total()
    several = total > 2 if lost else total - siblings[names] > 1
    expected = frozenset.intersection(*(whole or others)) if several and others else frozenset()
    missing = sorted((lasting(expected) - mute if slimmed else expected) - names)
    return f"no {missing[0]}, which its siblings have" if missing else ""


@lru_cache(maxsize=4096)  # each of a family is compared with all others
def _hold_optimizer(names: frozenset[str]) -> bool:
    return any(map(is_optimizer, names))


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
    contents: dict[str, Siblings] = {}
    for one in found if siblings else ():
        if (inside := folder.child(one.name)) is not None:
            contents.setdefault(one.family, Counter())[inside.tell(frozenset)] += 1
    mute = mute_by_family(folder, found)
    slimmed = weights_only(folder, found, mute)
    marked = [replace(one, weights_only=True) if one.name in slimmed else one for one in found]

    def trouble(one: Sighting) -> str:
        inside, of_family = folder.child(one.name), contents.get(one.family, Counter())
        names = mute.get(one.family, frozenset())
        return _trouble(inside, check, of_family, slimmed=one.weights_only, mute=names)

    troubles = folder.tree.each(trouble, marked)
    return [with_trouble(one, trouble) for one, trouble in zip(marked, troubles, strict=True)]


def _trouble(
    inside: Folder | None,
    check: Check,
    siblings: Siblings,
    *,
    slimmed: bool,
    mute: frozenset[str],
) -> str:
    if inside is None:
        return "the directory cannot be listed"
    trouble = check(inside) or trouble_inside(inside)
    names = inside.tell(frozenset)
    return trouble or missing_common(names, siblings, slimmed=slimmed, mute=mute)


def with_trouble(one: Sighting, trouble: str) -> Sighting:
    """The sighting, incomplete for this reason; unchanged where there is none, or one already."""
    if not trouble or one.state is not State.COMPLETE:
        return one
    return replace(one, state=State.INCOMPLETE, evidence=trouble)
