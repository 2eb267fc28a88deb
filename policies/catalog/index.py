"""What an earlier scan saw of finished checkpoints, so that a later one need not look again.

A cache in the user's cache directory, one file for a root; it may be deleted at any time. A
directory is known again by path, inode, mtime and ctime: a copy has other inodes, and whatever
adds, removes or renames a file changes the times. A write into a file in place changes none of
them, nor does a hard link to it from elsewhere. So its largest files are looked at as well; only
what is finished is remembered, never the newest of a series, and never what was written of late;
and no plan that deletes is made of it, nor a commit.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from heapq import nlargest
from itertools import islice

import msgspec

from .cache_file import cache_path, is_off, write_cache
from .listing import (
    Extent,
    Listing,
    Names,
    Remembered,
    Sums,
    Witness,
    directories_in,
    files_in,
    rows,
)
from .local_tree import LocalTree
from .measure import sums_of
from .model import Checkpoint, Kind, Role, Standing, State
from .tree import join

_KIND = "scans"
_VERSION = 3  # also of what names and readers are taken to mean: sums and facts are kept
_QUIET = 600.0  # seconds without a change, before a checkpoint counts as finished
_WITNESSES = 2  # files of a directory that are looked at each time
_MOST = 200_000  # directories of one root
_MOST_BYTES = 256_000_000  # of a file; a larger one is not ours
_ROLES = {role.value: role for role in Role}
_KINDS = {"file": Kind.FILE, "directory": Kind.DIRECTORY}


class _Directory(msgspec.Struct, array_like=True, frozen=True):
    names: int
    key: tuple[int, int, int]
    digest: bytes
    disk: int
    apparent: int
    files: int
    newest: int
    roles: list[tuple[str, int]]
    resume: Extent
    beside: Extent
    witnesses: list[tuple[bytes, int, int]]
    facts: dict[str, str | int | float | list[object] | None]


class _File(msgspec.Struct, frozen=True):
    version: int
    root: bytes
    names: list[list[tuple[bytes, str]]]
    directories: dict[bytes, _Directory]


@dataclass(slots=True)
class Index:
    """The directories that are remembered below one root, by path."""

    root: str
    remembered: dict[str, Remembered] = field(default_factory=dict)


def load_index(root: str) -> Index:
    """The index of a root (absolute, real); empty where there is none that is whole and ours."""
    index = Index(root)
    if is_off():
        return index
    try:
        with open(cache_path(_KIND, root), "rb") as file:
            found = msgspec.msgpack.decode(file.read(_MOST_BYTES), type=_File)
        if found.version == _VERSION and found.root == os.fsencode(root):
            index.remembered = dict(_unpacked(found))
    except (OSError, ValueError, LookupError, msgspec.DecodeError):
        index.remembered = {}
    return index


def save_index(index: Index, tree: LocalTree, found: Iterable[Checkpoint], now: float) -> None:
    """Remember the finished ones among the checkpoints that were sized; failing costs nothing."""
    if is_off():
        return
    checkpoints = list(found)
    newest = _newest(checkpoints)
    ids = {one.id for one in newest}
    kept = {path: one for path, one in index.remembered.items() if tree.known(path) is one}
    for one in newest:
        for member in one.members:
            for path in _paths_below(kept, member.path):
                del kept[path]
    kept.update(_finished(tree, (one for one in checkpoints if one.id not in ids), now))
    if kept.keys() == index.remembered.keys() and all(
        index.remembered[path] is one for path, one in kept.items()
    ):
        return
    with suppress(OSError, ValueError, TypeError):
        write_cache(
            cache_path(_KIND, index.root), _packed(index.root, dict(islice(kept.items(), _MOST)))
        )


def _finished(
    tree: LocalTree, found: Iterable[Checkpoint], now: float
) -> Iterator[tuple[str, Remembered]]:
    """The directories of finished checkpoints, but for those that are remembered already."""
    for one in found:
        measured = one.measure
        if measured is None or measured.errors or measured.shared:
            continue
        if one.state is not State.COMPLETE or one.standing is not Standing.NUMBERED:
            continue
        if now - measured.newest_mtime_ns / 1e9 < _QUIET:
            continue
        for member in one.members:
            if member.kind is Kind.DIRECTORY and type(tree.known(member.path)) is Listing:
                yield from _below(tree, member.path, now)


def _paths_below(kept: Iterable[str], path: str) -> list[str]:
    return [one for one in kept if one == path or one.startswith(path + "/")]


def _newest(found: list[Checkpoint]) -> list[Checkpoint]:
    """Those that are the newest of their series, by number or by time."""
    by_number: dict[str, Checkpoint] = {}
    by_time: dict[str, Checkpoint] = {}
    for one in found:
        if (one.number or 0) >= (by_number.get(one.series, one).number or 0):
            by_number[one.series] = one
        if (one.saved_at or 0) >= (by_time.get(one.series, one).saved_at or 0):
            by_time[one.series] = one
    return [*by_number.values(), *by_time.values()]


def _below(tree: LocalTree, path: str, now: float) -> Iterator[tuple[str, Remembered]]:
    """The directories of a checkpoint, as far as they can be known again."""
    known = tree.known(path)
    if known is None:
        return
    one = known if isinstance(known, Remembered) else _remembered(known)
    if one is not None and now - max(one.key[1:]) / 1e9 > _QUIET:
        one.facts = tree.facts(path)
        yield path, one
    for name in known.names.tell(directories_in):
        yield from _below(tree, join(path, name), now)


def _remembered(listing: Listing) -> Remembered | None:
    sums = sums_of(listing)
    if sums is None or not isinstance(listing.devices, int):
        return None
    return Remembered(
        listing.names, listing.key, listing.devices, listing.digest, sums, _largest(listing), {}
    )


def _largest(listing: Listing) -> tuple[Witness, ...]:
    """The largest files: weights and optimizer, mostly."""
    at, sizes = listing.names.tell(rows), listing.sizes
    names = nlargest(_WITNESSES, listing.names.tell(files_in), key=lambda name: sizes[at[name]])
    return tuple((name, sizes[at[name]], listing.mtimes[at[name]]) for name in names)


def _packed(root: str, remembered: dict[str, Remembered]) -> bytes:
    numbers: dict[Names, int] = {}
    directories = {}
    for path, one in remembered.items():
        number = numbers.setdefault(one.names, len(numbers))
        sums = one.sums
        roles = [(role.value, held) for role, held in sums.roles]
        directories[os.fsencode(path)] = _Directory(
            number,
            one.key,
            one.digest,
            sums.disk,
            sums.apparent,
            sums.files,
            sums.newest,
            roles,
            sums.resume,
            sums.beside,
            [(os.fsencode(name), size, mtime_ns) for name, size, mtime_ns in one.witnesses],
            one.facts,  # type: ignore[arg-type]
        )
    names = [
        [(os.fsencode(name), kind.value) for name, kind in one.kinds.items()] for one in numbers
    ]
    return msgspec.msgpack.encode(_File(_VERSION, os.fsencode(root), names, directories))


def _unpacked(found: _File) -> Iterator[tuple[str, Remembered]]:
    names = [
        Names({os.fsdecode(name): _KINDS[kind] for name, kind in pairs}) for pairs in found.names
    ]
    for path, one in found.directories.items():
        roles = tuple((_ROLES[role], held) for role, held in one.roles)
        sums = Sums(one.disk, one.apparent, one.files, one.newest, roles, one.resume, one.beside)
        witnesses = tuple((os.fsdecode(name), size, at) for name, size, at in one.witnesses)
        known = Remembered(
            names[one.names],
            one.key,
            0,
            one.digest,
            sums,
            witnesses,
            one.facts,  # type: ignore[arg-type]
        )
        yield os.fsdecode(path), known
