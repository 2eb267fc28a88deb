"""Scan a training directory into a catalog: names first, so that rows appear; then sizes.

Reads only. One entry that cannot be read costs that entry, never the scan.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from ..commit.safety import refuse_root
from ..places import STATE_DIRECTORY, VERDICTS_FILE, state_directory
from ..processes.table import ProcessTable, host_processes
from ..refusal import RootRefusal
from .assembly import assemble
from .discovery import Discovery, discover
from .late_metrics import logs_of, noted, with_late_metrics
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
    """The whole catalog; told once more where the metrics of long logs come later."""

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
    read_on: bool = False,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[ScanEvent]:
    """The same scan as a stream; ends early, without `Finished`, once `cancelled`.

    With `recall` it takes from the index what has not changed; with `remember` it writes one. With
    either it goes on in each log where an earlier scan ended. Of long logs it reads a part, and
    to `read_on` is to read the rest after all else, and to tell then what is `Finished` again.
    """
    refuse_root(root)
    real = os.path.realpath(root)
    index = _index(real, recall=recall) if recall or remember else None
    tree = LocalTree(real, index) if unchanged is None else unchanged.tree(real)
    found = Discovery()
    try:
        yield from _named(tree, found, cancelled)
    except Cancelled:
        return
    except OSError as error:
        raise RootRefusal(f"{root}: {error.strerror or error}") from None
    logs = logs_of(real, recall=recall, remember=remember, read_on=read_on)
    exact = partial(with_exact_metrics, logs=logs)
    metrics = exact if unchanged is None else unchanged.with_metrics
    catalog = noted(assemble(tree, found, metrics), logs, recalled=recall)
    if cancelled():
        return
    yield Named(catalog)
    verdicts = _verdicts(tree.root, found.state_folders)
    sized: list[Checkpoint] = []
    for checkpoint in catalog.checkpoints:
        if cancelled():
            return
        if measure is None or checkpoint.id in measure:
            checkpoint = _with_measure(checkpoint, _measured(tree, checkpoint, unchanged))
            if (verdict := verdicts.get(checkpoint.id)) is not None:
                checkpoint = verdict.applied(checkpoint)
            yield Sized(checkpoint)
        sized.append(checkpoint)
    whole = replace(catalog, checkpoints=tuple(sized), activity=processes(tree.root))
    yield Finished(whole)
    if index is not None and remember and measure is None:
        from .index import save_index

        save_index(index, tree, sized, time.time())
    logs.save()
    if read_on and logs.behind:
        yield from map(Finished, with_late_metrics(whole, tree, found, logs, cancelled))


def _named(tree: LocalTree, found: Discovery, cancelled: Callable[[], bool]) -> Iterator[Found]:
    """Look at everything and recognise it; each checkpoint is told once, as soon as may be."""
    told = False
    for names in tree.survey(cancelled):
        if not told:
            from .preview import preview  # for slow disks only

            told = True
            yield from map(Found, preview(tree.root, names))
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
