"""Scan a training directory into a catalog: names first, so that rows appear; then sizes.

Reads only. One entry that cannot be read costs that entry, never the scan.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Container, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from ..commit.safety import refuse_root
from ..places import STATE_DIRECTORY, VERDICTS_FILE, state_directory
from ..processes.table import ProcessTable, host_processes
from ..refusal import RootRefusal
from .assembly import assemble, has_given_metrics, with_what_lies_beside
from .discovery import Discovery, discover
from .local_tree import LocalTree
from .measure import measure as measure_members
from .metric_sources import with_exact_metrics
from .model import Catalog, Checkpoint, Measure, State
from .survey import Cancelled

if TYPE_CHECKING:
    from ..verification.verify import Verdict
    from .index import Index
    from .unchanged import Unchanged


@dataclass(frozen=True, slots=True)
class Found:
    """Checkpoints of one folder, neither sized nor with pointers; of a slow disk, names alone."""

    checkpoints: tuple[Checkpoint, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """All names are known: the catalog, with sizes still to come."""

    catalog: Catalog


@dataclass(frozen=True, slots=True)
class Sized:
    """One checkpoint has been sized."""

    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class Finished:
    """The whole catalog."""

    catalog: Catalog


ScanEvent = Found | Named | Sized | Finished


def scan(
    root: str,
    *,
    measure: Container[str] | None = None,
    remember: bool = False,
    processes: ProcessTable = host_processes,
    unchanged: Unchanged | None = None,
) -> Catalog:
    """The catalog of one root; `measure` limits sizing to these ids (None: all).

    To `remember` is to use and to keep the index of finished checkpoints, which is quick, and not
    for deciding what to delete. `processes` is asked at the end who has what open; what is known
    to be `unchanged` is not read again. Raises RootRefusal for a root that is missing, no
    directory, unreadable or unsafe.
    """
    catalog = None
    for event in scan_events(
        root,
        measure=measure,
        recall=remember,
        remember=remember,
        processes=processes,
        unchanged=unchanged,
    ):
        if isinstance(event, Finished):
            catalog = event.catalog
    if catalog is None:
        raise RootRefusal(f"{root}: the scan was cancelled")
    return catalog


def scan_events(
    root: str,
    *,
    measure: Container[str] | None = None,
    recall: bool = False,
    remember: bool = False,
    processes: ProcessTable = host_processes,
    unchanged: Unchanged | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[ScanEvent]:
    """The same scan as a stream; ends early, without `Finished`, once `cancelled`.

    With `recall` it takes from the index what has not changed, and where nothing has, there is
    nothing to tell but `Finished`; with `remember` it writes one.
    """
    refuse_root(root)
    real = os.path.realpath(root)
    index = _index(real, recall=recall) if recall or remember else None
    tree = LocalTree(real, index) if unchanged is None else unchanged.tree(real)
    found = Discovery()
    try:
        told = yield from _looked(tree, cancelled)
        if index is not None and measure is None and (last := _last(index, tree)) is not None:
            activity = processes(real)
            yield Finished(replace(last, activity=activity))
            return
        yield from _named(tree, found, cancelled, told=told)
    except Cancelled:
        return
    except OSError as error:
        raise RootRefusal(f"{root}: {error.strerror or error}") from None
    metrics = with_exact_metrics if unchanged is None else unchanged.with_metrics
    catalog = assemble(tree, found, metrics)
    if cancelled():
        return
    yield Named(catalog)
    verdicts = _verdicts(tree.root, found.state_folders)
    sized: list[Checkpoint] = []
    judged: list[Checkpoint] = []
    for checkpoint in catalog.checkpoints:
        if cancelled():
            return
        if measure is None or checkpoint.id in measure:
            checkpoint = _with_measure(checkpoint, _measured(tree, checkpoint, unchanged))
            sized.append(checkpoint)
            if (verdict := verdicts.get(checkpoint.id)) is not None:
                checkpoint = verdict.applied(checkpoint)
            yield Sized(checkpoint)
        judged.append(checkpoint)
    activity = processes(tree.root)
    yield Finished(replace(catalog, checkpoints=tuple(judged), activity=activity))
    if index is not None and remember and measure is None:
        _keep(index, tree, replace(catalog, checkpoints=tuple(sized)), found.state_folders)


def _keep(index: Index, tree: LocalTree, catalog: Catalog, folders: Sequence[str]) -> None:
    from .index import Index, is_worth_an_index, save_index, to_remember

    if not is_worth_an_index(tree):
        return
    from .last_catalog import kept_catalog

    now = time.time()
    kept = to_remember(index, tree, catalog.checkpoints, now)
    rows, logs = None, list[bytes]()
    if not has_given_metrics(tree.root, folders):
        rows, logs = kept_catalog(tree, kept, catalog, folders, now)
    if rows is not None or kept != index.remembered:
        save_index(Index(index.root, kept, rows, logs))


def _last(index: Index, tree: LocalTree) -> Catalog | None:
    """The catalog of the scan before, with what people have said since; None where it changed."""
    if index.catalog is None:
        return None
    from .last_catalog import last_catalog

    found = last_catalog(index, tree)
    if found is None or has_given_metrics(tree.root, found[1]):
        return None
    catalog = with_what_lies_beside(*found)
    verdicts = _verdicts(tree.root, found[1])
    if not verdicts:
        return catalog
    judged = (
        verdicts[one.id].applied(one) if one.id in verdicts else one for one in catalog.checkpoints
    )
    return replace(catalog, checkpoints=tuple(judged))


def _looked(tree: LocalTree, cancelled: Callable[[], bool]) -> Generator[Found, None, bool]:
    """Look at everything; of a slow disk the checkpoints are told before, by names alone."""
    told = False
    for names in tree.survey(cancelled):
        if not told:
            from .preview import preview  # for slow disks only

            told = True
            yield from map(Found, preview(tree.root, names))
    return told


def _named(
    tree: LocalTree, found: Discovery, cancelled: Callable[[], bool], *, told: bool
) -> Iterator[Found]:
    """Recognise what is there; each checkpoint is told once."""
    for checkpoints in discover(tree, found, cancelled=cancelled):
        if not told:
            yield Found(tuple(checkpoints))


def _index(root: str, *, recall: bool) -> Index:
    from .index import Index, load_index

    return load_index(root) if recall else Index(root)


def _measured(tree: LocalTree, one: Checkpoint, unchanged: Unchanged | None) -> Measure:
    return measure_members(tree, one.members) if unchanged is None else unchanged.measure(tree, one)


def _verdicts(root: str, folders: Sequence[str]) -> Mapping[str, Verdict]:
    """What earlier verifications found, at and below this root."""
    states = [state_directory(root), *(os.path.join(root, f, STATE_DIRECTORY) for f in folders)]
    if not any(os.path.lexists(os.path.join(state, VERDICTS_FILE)) for state in states):
        return {}
    # Imported when needed: few runs are verified.
    from ..verification.verdicts import remembered

    return remembered(root, folders)


def _with_measure(checkpoint: Checkpoint, measured: Measure) -> Checkpoint:
    if measured.errors:
        return replace(
            checkpoint, measure=measured, state=State.UNREADABLE, evidence=measured.errors[0]
        )
    # As `replace` would, in a fifth of its time: there may be a hundred thousand.
    values: tuple[Any, ...] = (*_BEFORE(checkpoint), measured, *_AFTER(checkpoint))
    return Checkpoint(*values)


_FIELDS = [one.name for one in fields(Checkpoint)]
_AT = _FIELDS.index("measure")
_BEFORE: Callable[[Checkpoint], Any] = attrgetter(*_FIELDS[:_AT])
_AFTER: Callable[[Checkpoint], Any] = attrgetter(*_FIELDS[_AT + 1 :])
