"""What an earlier scan saw of finished checkpoints, so that a later one need not look again.

A cache in the user's cache directory, one file for a root; it may be deleted at any time. A
directory is known again by path, inode, mtime and ctime: a copy has other inodes, and whatever
adds, removes or renames a file changes the times. A write into a file in place changes none of
them, nor does a hard link to it from elsewhere. So its largest files are looked at as well; only
what is finished is remembered, never the newest of a series, and never what was written of late;
and no plan that deletes is made of it, nor a commit.

Not remembered, and so looked at each time, are files that are checkpoints themselves, and
directories with hard links or symbolic links: a second link from elsewhere shows in the file
alone. Where all of these are as they were, too, the whole catalog is (`last_catalog.py`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import field
from functools import partial
from itertools import islice
from typing import Any

from ..late_dataclass import dataclass
from .cache_file import write_cache
from .listing import (
    Listing,
    Names,
    Remembered,
    Sums,
    Told,
    Witness,
    directories_in,
    files_in,
    rows,
)
from .local_tree import LocalTree
from .model import Checkpoint, Kind, Role, Standing, State
from .sums import sums_of
from .tree import join

_VERSION = 4  # also of what names and readers are taken to mean: sums, facts, catalogs are kept
_QUIET = 600.0  # seconds without a change, before a checkpoint counts as finished
_WITNESSES = 2  # files of a directory that are looked at each time
_MOST = 200_000  # directories of one root
_MOST_BYTES = 256_000_000  # of a file; a larger one is not ours
_CHECKED = 32  # bytes of the digest that stands before everything else, in hexadecimal digits

Row = list[Any]  # as JSON has it, of a file with the right digest


@dataclass(slots=True)
class Index:
    """The directories that are remembered below one root, by path; and the catalog as it was."""

    root: str
    remembered: dict[str, Remembered] = field(default_factory=dict)
    catalog: Row | None = None  # see `last_catalog.py`
    logs: Sequence[bytes] = ()  # the metric logs of its series, each as JSON


def load_index(path: str, root: str) -> Index:
    """The index of a root in a file; empty where that is not whole and ours."""
    index = Index(root)
    try:
        with open(path, "rb") as file:
            content = file.read(_MOST_BYTES)
        if content[:_CHECKED] != _digest(memoryview(content)[_CHECKED:]):
            return index
        head, told, *logs = content[_CHECKED:].split(b"\n")
        version, of_root, names, directories, catalog = json.loads(head)
        if (version, of_root) == (_VERSION, root):
            index.remembered = dict(_unpacked(names, directories, _Told(told)))
            index.catalog, index.logs = catalog, logs
    except (OSError, ValueError, TypeError, LookupError, RecursionError):
        return Index(root)
    return index


def save_index(path: str, index: Index) -> None:
    """Write it for the next scan; failing costs nothing."""
    with suppress(OSError, ValueError, TypeError):
        write_cache(path, _packed(index))


def to_remember(
    known: Mapping[str, Remembered], tree: LocalTree, checkpoints: Sequence[Checkpoint], now: float
) -> dict[str, Remembered]:
    """The directories of the finished ones among the checkpoints, which are sized."""
    newest = newest_of_each(checkpoints)
    ids = {one.id for one in newest}
    kept = {path: one for path, one in known.items() if tree.known(path) is one}
    for one in newest:
        for member in one.members:
            for path in _paths_below(kept, member.path):
                del kept[path]
    kept.update(_finished(tree, (one for one in checkpoints if one.id not in ids), now))
    return dict(islice(kept.items(), _MOST))


def newest_of_each(found: Sequence[Checkpoint]) -> list[Checkpoint]:
    """Those that are the newest of their series, by number or by time."""
    by_number: dict[str, Checkpoint] = {}
    by_time: dict[str, Checkpoint] = {}
    for one in found:
        if (one.number or 0) >= (by_number.get(one.series, one).number or 0):
            by_number[one.series] = one
        if (one.saved_at or 0) >= (by_time.get(one.series, one).saved_at or 0):
            by_time[one.series] = one
    return [*by_number.values(), *by_time.values()]


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


def _below(tree: LocalTree, path: str, now: float) -> Iterator[tuple[str, Remembered]]:
    """The directories of a checkpoint, as far as they can be known again."""
    known = tree.known(path)
    if known is None:
        return
    one = known if isinstance(known, Remembered) else _remembered(known)
    if one is not None and now - max(one.key[1:]) / 1e9 > _QUIET:
        one.facts.update(tree.facts(path))
        yield path, one
    for name in known.names.tell(directories_in):
        yield from _below(tree, join(path, name), now)


def _remembered(listing: Listing) -> Remembered | None:
    sums = sums_of(listing)
    if sums is None or not isinstance(listing.devices, int):
        return None
    told = Told(listing.digest, sums, {})
    return Remembered(
        listing.names, listing.key, listing.devices, sums.newest, _largest(listing), lambda: told
    )


def _largest(listing: Listing) -> tuple[Witness, ...]:
    """The largest files: weights and optimizer, mostly."""
    at, sizes, mtimes = listing.names.tell(rows), listing.sizes, listing.mtimes
    names = listing.names.tell(files_in)
    of_files = [sizes[at[name]] for name in names]
    largest = sorted(range(len(names)), key=of_files.__getitem__)[-_WITNESSES:]
    return tuple((names[row], of_files[row], mtimes[at[names[row]]]) for row in largest)


def _packed(index: Index) -> bytes:
    """First what every scan needs, then what one needs that finds a change, then the logs."""
    numbers: dict[Names, int] = {}
    known, told = {}, {}
    for path, one in index.remembered.items():
        witnesses = [part for witness in one.witnesses for part in witness]
        number = numbers.setdefault(one.names, len(numbers))
        known[path] = (number, one.newest, *one.key, *witnesses)
        sums = one.sums
        told[path] = (
            one.digest.hex(),
            (sums.disk, sums.apparent, sums.files, sums.newest),
            sums.roles,
            sums.resume,
            sums.beside,
            one.facts,
        )
    names = [one.kinds for one in numbers]
    head = json.dumps((_VERSION, index.root, names, known, index.catalog))
    content = b"\n".join([head.encode(), json.dumps(told).encode(), *index.logs])
    return _digest(content) + content


def _unpacked(
    names: list[dict[str, str]], known: dict[str, Row], told: _Told
) -> Iterator[tuple[str, Remembered]]:
    shared = [Names({name: _KINDS[kind] for name, kind in kinds.items()}) for kinds in names]
    for path, (number, newest, inode, mtime_ns, ctime_ns, *parts) in known.items():
        witnesses = tuple(zip(parts[::3], parts[1::3], parts[2::3], strict=True))
        key = (inode, mtime_ns, ctime_ns)
        yield path, Remembered(shared[number], key, 0, newest, witnesses, partial(told.of, path))


class _Told:
    """What was worked out about directories; read when it is asked for."""

    def __init__(self, written: bytes) -> None:
        self._written = written
        self._rows: dict[str, Row] | None = None
        self._told: dict[str, Told] = {}

    def of(self, path: str) -> Told:
        """What there is about one."""
        if path not in self._told:
            if self._rows is None:
                self._rows = json.loads(self._written)
            digest, (disk, size, files, newest), roles, resume, beside, facts = self._rows[path]
            by_role = tuple([(_ROLES[role], held) for role, held in roles])
            sums = Sums(disk, size, files, newest, by_role, tuple(resume), tuple(beside))
            self._told[path] = Told(bytes.fromhex(digest), sums, facts)
        return self._told[path]


def _digest(content: bytes | memoryview) -> bytes:
    return hashlib.blake2b(content, digest_size=_CHECKED // 2).hexdigest().encode()


_ROLES = {role.value: role for role in Role}
_KINDS = {kind.value: kind for kind in Kind}
