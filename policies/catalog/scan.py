"""Scan a training directory into a catalog: names first, so that rows appear; then sizes.

Reads only. One entry that cannot be read costs that entry, never the scan.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Generator, Iterator
from dataclasses import fields, replace
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from ..commit.safety import refuse_root
from ..processes.table import ProcessTable, host_processes
from ..refusal import RootRefusal
from .beside import verdicts_on
from .local_tree import LocalTree
from .model import Catalog, Checkpoint, Measure, State
from .recall import leave_index, recalled_catalog, recalled_index
from .scan_event import Finished, Found, Named, ScanEvent, Sized
from .survey import Cancelled

if TYPE_CHECKING:
    from .discovery import Discovery
    from .logs import Logs
    from .unchanged import Unchanged


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

    With `recall` it takes from the index what has not changed, and where nothing has, there is
    nothing to tell but `Finished`; with `remember` it writes one. With either it goes on in each
    log where an earlier scan ended. Of long logs it reads a part, and to `read_on` is to read the
    rest after all else, and to tell then what is `Finished` again.
    """
    refuse_root(root)
    real = os.path.realpath(root)
    index = recalled_index(real) if recall else None
    tree = LocalTree(real, index) if unchanged is None else unchanged.tree(real)
    try:
        told = yield from _looked(tree, cancelled)
        if measure is None and (last := recalled_catalog(index, tree)) is not None:
            yield Finished(replace(last, activity=processes(real), recalled=True))
            return
        found = _discovery()
        yield from _named(tree, found, cancelled, told=told)
    except Cancelled:
        return
    except OSError as error:
        raise RootRefusal(f"{root}: {error.strerror or error}") from None
    from .late_metrics import logs_of, noted, with_late_metrics

    logs = logs_of(real, recall=recall, remember=remember, read_on=read_on)
    assembled = _assembled(tree, found, unchanged, logs)
    catalog = noted(assembled, logs, recalled=recall)
    if cancelled():
        return
    yield Named(catalog)
    measured = _measuring(tree, unchanged)
    sized: list[Checkpoint] = []
    folders = found.state_folders
    verdict = verdicts_on(tree.root, folders)
    for checkpoint in catalog.checkpoints:
        if cancelled():
            return
        if measure is None or checkpoint.id in measure:
            checkpoint = _with_measure(checkpoint, measured(checkpoint))
            yield Sized(verdict(checkpoint))
        sized.append(checkpoint)
    judged = tuple(map(verdict, sized))
    whole = replace(catalog, checkpoints=judged, activity=processes(tree.root))
    yield Finished(whole)
    if remember and measure is None:
        read_all = not logs.behind and not logs.warnings()
        sizes = replace(assembled, checkpoints=tuple(sized))
        leave_index(index, tree, sizes, folders, read_all=read_all)
    logs.save()
    if read_on and logs.behind:
        yield from map(Finished, with_late_metrics(whole, tree, found, logs, cancelled))


def _looked(tree: LocalTree, cancelled: Callable[[], bool]) -> Generator[Found, None, bool]:
    """Look at everything; of a slow disk the checkpoints are told before, by names alone."""
    told = False
    for names in tree.survey(cancelled, meanwhile=_discovery):
        if not told:
            from .preview import preview  # for slow disks only

            told = True
            yield from map(Found, preview(tree.root, names))
    return told


def _named(
    tree: LocalTree, found: Discovery, cancelled: Callable[[], bool], *, told: bool
) -> Iterator[Found]:
    """Recognise what is there; each checkpoint is told once."""
    from .discovery import discover

    for checkpoints in discover(tree, found, cancelled=cancelled):
        if not told:
            yield Found(tuple(checkpoints))


# All layouts and readers are imported when something has changed since the scan before, and while
# a second process is looking.
def _discovery() -> Discovery:
    from . import assembly, late_metrics, measure  # noqa: F401 - needed next
    from .discovery import Discovery

    return Discovery()


def _assembled(
    tree: LocalTree, found: Discovery, unchanged: Unchanged | None, logs: Logs
) -> Catalog:
    from .assembly import assemble
    from .metric_sources import with_exact_metrics

    exact = partial(with_exact_metrics, logs=logs)
    return assemble(tree, found, exact if unchanged is None else unchanged.with_metrics)


def _measuring(tree: LocalTree, unchanged: Unchanged | None) -> Callable[[Checkpoint], Measure]:
    from .measure import measure

    if unchanged is not None:
        return lambda one: unchanged.measure(tree, one)
    return lambda one: measure(tree, one.members)


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
