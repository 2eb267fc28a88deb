"""Which checkpoints other runs stand on or went on from, by what their configuration says.

Looked at, and no more: configuration files in the folders of the scanned tree; adapter_config.json
and config.json in the oldest and the newest checkpoint of each series; and the same in the folders
that lie beside the root, one level deep; of more than a hundred, the hundred that changed last.
Every file up to 256 kB.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence

from ..patterns import pattern
from .local_tree import LocalTree
from .model import Artifact, Checkpoint, Kind, Reference
from .named_sources import named_sources
from .path_owners import PathResolver, owner_of
from .tree import Tree, join

_IN_CHECKPOINTS = ("adapter_config.json", "config.json")
_CONFIGURATION = pattern(r".*\.(json|ya?ml)", re.IGNORECASE)
_NOT_THESE = pattern(r"(tokenizer|vocab|special_tokens|added_tokens|label|.*\.index\.)", re.I)
_MOST_BYTES = 256 * 1024
_MOST_FILES = 1000  # of one scan
_MOST_NEIGHBOURS = 100
_MOST_EACH = 8  # files of one neighbour
_DIGITS = "0123456789"
Written = tuple[str, str]  # path of a file relative to the root, its text


def references(
    tree: Tree, checkpoints: Sequence[Checkpoint], artifacts: Iterable[Artifact]
) -> tuple[Reference, ...]:
    """What files of the tree say of its checkpoints, in order of their paths."""
    paths = [one.path for one in artifacts if one.kind == "config"]
    paths = [*_of_checkpoints(checkpoints), *filter(_is_configuration, paths)]
    return _resolved(_texts(tree, paths[:_MOST_FILES]), tree.root, checkpoints)


def neighbour_references(root: str, checkpoints: Sequence[Checkpoint]) -> tuple[Reference, ...]:
    """What the folders beside the root say of its checkpoints."""
    if not checkpoints:
        return ()
    above = LocalTree(os.path.dirname(root))
    texts = (
        (f"../{path}", text)
        for folder in _neighbours(above, os.path.basename(root))
        for path, text in _texts(above, _of_neighbour(above, folder))
    )
    return _resolved(texts, root, checkpoints)


def _neighbours(above: Tree, own: str) -> list[str]:
    """The folders beside one; of very many those that changed last."""
    try:
        folders = [
            name
            for name, kind in above.names("").kinds.items()
            if kind is Kind.DIRECTORY and name != own and not name.startswith(".")
        ]
        if len(folders) > _MOST_NEIGHBOURS:
            folders.sort(key=lambda name: above.stat(name).mtime_ns, reverse=True)
    except OSError:
        return []  # not readable, or one has just gone
    return folders[:_MOST_NEIGHBOURS]


def _of_checkpoints(checkpoints: Sequence[Checkpoint]) -> list[str]:
    ends: dict[str, tuple[Checkpoint, Checkpoint]] = {}
    for one in checkpoints:
        if one.members[0].kind is Kind.DIRECTORY and one.number is not None:
            oldest, newest = ends.get(one.series, (one, one))
            ends[one.series] = (
                min(oldest, one, key=lambda each: each.number or 0),
                max(newest, one, key=lambda each: each.number or 0),
            )
    folders = dict.fromkeys(one.members[0].path for pair in ends.values() for one in pair)
    return [join(folder, name) for folder in folders for name in _IN_CHECKPOINTS]


def _of_neighbour(tree: Tree, folder: str) -> list[str]:
    """Configuration in a folder, and in the first and last numbered folder within it."""
    try:
        entries = tree.names(folder).kinds
    except OSError:
        return []
    files = [join(folder, name) for name, kind in entries.items() if kind is Kind.FILE]
    numbers = {
        name: int(digits)
        for name, kind in entries.items()
        if kind is Kind.DIRECTORY and (digits := name[len(name.rstrip(_DIGITS)) :])
    }
    ordered = sorted(numbers, key=numbers.__getitem__)
    ends = dict.fromkeys([*ordered[:1], *ordered[-1:]])
    inside = [join(folder, f"{name}/{file}") for name in ends for file in _IN_CHECKPOINTS]
    return [*[path for path in files if _is_configuration(path)][:_MOST_EACH], *inside]


def _is_configuration(path: str) -> bool:
    name = path.rpartition("/")[2]
    return _CONFIGURATION.fullmatch(name) is not None and _NOT_THESE.match(name) is None


def _texts(tree: Tree, paths: Iterable[str]) -> Iterator[Written]:
    for path in paths:
        try:
            raw = tree.read(path, _MOST_BYTES)
        except OSError:
            continue  # most checkpoints have no such file
        yield path, raw.decode("utf-8", "surrogateescape")


def _resolved(
    texts: Iterable[Written], root: str, checkpoints: Sequence[Checkpoint]
) -> tuple[Reference, ...]:
    owners = {member.path: one.id for one in checkpoints for member in one.members}
    resolver: PathResolver | None = None  # most runs name no checkpoint of any
    series = {one.id: one.series for one in checkpoints}
    found: dict[Reference, None] = {}
    for path, text in texts:
        for need, written in named_sources(text):
            resolver = resolver or PathResolver(root, owners)
            holder = owner_of(path, owners)
            for target in resolver.targets(posixpath.dirname(path), written):
                # What a run itself has gone on from, and beyond, it needs no more.
                if holder is None or series[holder] != series[target]:
                    found[Reference(path, target, need, holder)] = None
    return tuple(sorted(found, key=lambda one: (one.path, one.target, one.need)))
