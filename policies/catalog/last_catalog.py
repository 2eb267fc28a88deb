"""The catalog of the scan before, where everything that was looked at is as it was.

Directories that the index remembers are known again as it says; of all others every entry was
looked at, and its name, kind, inode, length, time, blocks, links and device are the same. The
newest of each series, and what is not whole, is read again even so. What lies outside the tree, and
what people add to it (pins, policy, verdicts), is not kept here: who takes the catalog reads it.

As rows of JSON, and what many checkpoints share stands once; only `index.py` writes and reads them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from .content import trouble_inside
from .evidence import trouble_with
from .index import Index, Row, newest_of_each
from .listing import Listing, Remembered
from .local_tree import LocalTree
from .model import (
    NO_LOG,
    NO_METRICS,
    Artifact,
    Catalog,
    Checkpoint,
    Consequence,
    Kind,
    Measure,
    Member,
    MetricLog,
    Need,
    Pointer,
    Reference,
    ResumeState,
    Role,
    Series,
    SharedInode,
    Standing,
    State,
)
from .resume_state import MARKER
from .tree import Folder

T = TypeVar("T")

_SETTLED = 2.0  # seconds: within a file system's smallest step of time a write may not show
_MOST_POINTS = 200_000  # of all metric logs


def kept_catalog(
    tree: LocalTree,
    kept: Mapping[str, Remembered],
    catalog: Catalog,
    folders: Sequence[str],
    now: float,
) -> tuple[Row | None, list[bytes]]:
    """The rows of a catalog and its metric logs, for an index of what is `kept`.

    None where it could not be known again; `folders` hold our own state.
    """
    looked, remembered, newest = {}, {}, 0
    for path, known in tree.seen.items():
        if path in kept:
            remembered[path] = kept[path].devices
        elif isinstance(known, Listing) and not known.errors:
            looked[path] = _state_of(known)
            newest = max(newest, known.newest)
        else:
            return None, []
    points = sum(len(log) for one in catalog.series for log in one.metric_log.values())
    if tree.went_beyond or now - newest / 1e9 < _SETTLED or points > _MOST_POINTS:
        return None, []
    read = [(*place, _trouble(tree, *place)) for place in _to_read(catalog.checkpoints)]
    logs = [json.dumps(dict(one.metric_log)).encode() for one in catalog.series]
    listed = {path: names.kinds for path, names in tree.listed.items()}
    return [looked, remembered, listed, read, list(folders), *_Packing().catalog(catalog)], logs


def last_catalog(index: Index, tree: LocalTree) -> tuple[Catalog, list[str]] | None:
    """That catalog, and the folders that hold our own state; None where anything has changed."""
    if index.catalog is None:
        return None
    try:
        looked, remembered, listed, read, folders, *rows = index.catalog
        if not _is_as_it_was(tree, looked, remembered):
            return None
        if any(tree.names(path).kinds != kinds for path, kinds in listed.items()):
            return None
        if any(_trouble(tree, path, kind) != trouble for path, kind, trouble in read):
            return None
        return _catalog(tree.root, rows, index.logs), folders
    except (OSError, ValueError, TypeError, LookupError):
        return None


def _is_as_it_was(tree: LocalTree, looked: dict[str, str], remembered: dict[str, int]) -> bool:
    for path in looked.keys() - tree.seen.keys():
        tree.listing(path)  # hidden ones, which are looked at when they are asked for
    for path, known in tree.seen.items():
        if isinstance(known, Remembered):
            if remembered.get(path) != known.devices:
                return False
        elif not isinstance(known, Listing) or looked.get(path) != _state_of(known):
            return False
    return len(tree.seen) == len(looked) + len(remembered)


def _state_of(listing: Listing) -> str:
    """All that is known of a directory and the entries in it."""
    digest = hashlib.blake2b(listing.digest, digest_size=16)
    digest.update(listing.blocks)
    digest.update(repr((listing.links, listing.devices, listing.errors)).encode())
    return digest.hexdigest()


def _to_read(checkpoints: Sequence[Checkpoint]) -> Iterator[tuple[str, str]]:
    unfinished = (one for one in checkpoints if one.state is not State.COMPLETE)
    read = [*newest_of_each(checkpoints), *unfinished]
    places = [(member.path, member.kind.value) for one in read for member in one.members]
    return iter(dict.fromkeys(places))


def _trouble(tree: LocalTree, path: str, kind: str) -> str:
    """What its content says against a member."""
    if kind == Kind.DIRECTORY:
        return trouble_inside(Folder(tree, path))
    folder, _, name = path.rpartition("/")
    return trouble_with(Folder(tree, folder), name, newest=True)


class _Packing:
    """Rows of one catalog; values that stand in several are numbered, and stand once."""

    def __init__(self) -> None:
        self._shared: dict[object, int] = {}

    def catalog(self, catalog: Catalog) -> Iterator[Any]:
        checkpoints = [self._checkpoint(one) for one in catalog.checkpoints]
        artifacts = [self._artifact(one) for one in catalog.artifacts]
        yield list(self._shared)
        yield checkpoints
        yield artifacts
        yield [
            (one.id, one.layout, one.directory, one.unit, one.checkpoints, one.selects_by)
            for one in catalog.series
        ]
        yield [(one.path, one.target, one.resolved, one.trouble) for one in catalog.pointers]
        inside = (one for one in catalog.references if not one.path.startswith("../"))
        yield [(one.path, one.target, one.need, one.holder) for one in inside]
        yield catalog.unrecognised
        yield catalog.warnings

    def _once(self, value: object) -> int:
        return self._shared.setdefault(value, len(self._shared))

    def _checkpoint(self, one: Checkpoint) -> Row:
        alone = len(one.members) == 1 and one.members[0] == Member(one.id, Kind.DIRECTORY)
        return [
            one.id,
            self._once(one.series),
            self._once(one.layout),
            None if alone else [(each.path, each.kind) for each in one.members],
            one.step,
            one.epoch,
            dict(one.metrics) or None,
            self._once(
                (one.state, one.evidence, one.standing, one.weights_only, one.pointed_to_by)
            ),
            one.counter,
            *(self._measure(one.measure) if one.measure else ()),
        ]

    def _artifact(self, one: Artifact) -> Row:
        measured = self._measure(one.measure) if one.measure else ()
        return [one.path, one.kind, one.bytes, one.consequence, one.why, one.growing, *measured]

    def _measure(self, one: Measure) -> Row:
        shared = tuple((i.device, i.inode, i.links, i.seen, i.disk) for i in one.shared)
        return [
            one.disk,
            one.apparent,
            one.files,
            one.newest_mtime_ns,
            one.identity,
            self._once(one.roles),
            self._once((shared, one.errors, one.links)),
            *(self._resume(one.resume) if one.resume else ()),
        ]

    def _resume(self, one: ResumeState) -> Row:
        aside = None if one.aside == (f"{one.folder}/{MARKER}",) else one.aside
        held = self._once(tuple(self._measure(one.measure)))
        return [one.folder, self._once(one.names), aside, held, one.why_whole]


def _catalog(root: str, rows: Row, logs: Sequence[bytes]) -> Catalog:
    shared, checkpoints, artifacts, series, pointers, references, unrecognised, warnings = rows
    unpacking = _Unpacking(shared)
    return Catalog(
        root=root,
        series=tuple(
            Series(id_, layout, folder, unit, count, _log(log), selects and tuple(selects))
            for (id_, layout, folder, unit, count, selects), log in zip(series, logs, strict=True)
        ),
        checkpoints=tuple(map(unpacking.checkpoint, checkpoints)),
        artifacts=tuple(map(unpacking.artifact, artifacts)),
        pointers=tuple(Pointer(*row) for row in pointers),
        references=tuple(Reference(path, to, Need(need), by) for path, to, need, by in references),
        unrecognised=tuple(unrecognised),
        warnings=tuple(warnings),
    )


class _Unpacking:
    """What stands once is made once, when it is first asked for."""

    def __init__(self, shared: list[Any]) -> None:
        self._shared = shared
        self._made: dict[int, Any] = {}

    def _once(self, number: int, make: Callable[[Any], T]) -> T:
        if number not in self._made:
            self._made[number] = make(self._shared[number])
        made: T = self._made[number]
        return made

    def checkpoint(self, row: Row) -> Checkpoint:
        id_, series, layout, members, step, epoch, metrics, about, counter, *measured = row
        state, evidence, standing, weights_only, pointed_to_by = self._once(about, _about)
        return Checkpoint(
            id_,
            self._shared[series],
            self._shared[layout],
            (Member(id_, Kind.DIRECTORY),)
            if members is None
            else tuple(Member(path, Kind(kind)) for path, kind in members),
            step,
            epoch,
            metrics or NO_METRICS,
            state,
            evidence,
            standing,
            self.measure(measured) if measured else None,
            pointed_to_by,
            counter,
            weights_only,
        )

    def artifact(self, row: Row) -> Artifact:
        path, kind, size, answer, why, growing, *measured = row
        whole = self.measure(measured) if measured else None
        return Artifact(path, kind, size, Consequence(answer), why, growing, whole)

    def measure(self, row: Row) -> Measure:
        disk, apparent, files, newest, identity, roles, odd, *resume = row
        shared, errors, links = self._once(odd, _odd)
        return Measure(
            disk,
            apparent,
            files,
            newest,
            identity,
            shared,
            self._once(roles, _roles),
            errors,
            links,
            self._resume(*resume) if resume else None,
        )

    def _resume(
        self, folder: str, names: int, aside: list[str] | None, held: int, why: str
    ) -> ResumeState:
        return ResumeState(
            folder,
            self._once(names, _names),
            (f"{folder}/{MARKER}",) if aside is None else tuple(aside),
            self._once(held, self.measure),
            why,
        )


def _about(row: Row) -> tuple[State, str, Standing, bool, tuple[str, ...]]:
    state, evidence, standing, weights_only, pointed_to_by = row
    return State(state), evidence, Standing(standing), weights_only, tuple(pointed_to_by)


def _odd(row: Row) -> tuple[tuple[SharedInode, ...], tuple[str, ...], tuple[tuple[str, str], ...]]:
    shared, errors, links = row
    return (
        tuple(SharedInode(*each) for each in shared),
        tuple(errors),
        tuple((path, text) for path, text in links),
    )


def _roles(row: Row) -> tuple[tuple[Role, int], ...]:
    return tuple((Role(role), held) for role, held in row)


def _names(row: Row) -> tuple[tuple[str, Kind], ...]:
    return tuple((name, Kind(kind)) for name, kind in row)


def _log(written: bytes) -> MetricLog:
    return NO_LOG if written == b"{}" else _WrittenLog(written)


class _WrittenLog(Mapping[str, Sequence[tuple[int, float]]]):
    """A metric log that is read when somebody asks for it."""

    __slots__ = ("_found", "_written")

    def __init__(self, written: bytes) -> None:
        self._written = written
        self._found: dict[str, tuple[tuple[int, float], ...]] | None = None

    def _read(self) -> dict[str, tuple[tuple[int, float], ...]]:
        if self._found is None:
            found = json.loads(self._written)
            self._found = {
                name: tuple((step, value) for step, value in log) for name, log in found.items()
            }
        return self._found

    def __getitem__(self, metric: str) -> Sequence[tuple[int, float]]:
        return self._read()[metric]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())
