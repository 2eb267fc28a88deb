"""Metrics of logs that are too long for the first look: a scan says so, and may read on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from .assembly import assemble
from .discovery import Discovery
from .logs import AT_ONCE, FIRST_LOOK, WHOLE, Logs
from .metric_sources import with_exact_metrics
from .model import Catalog
from .tree import Tree


def logs_of(root: str, *, recall: bool, remember: bool, read_on: bool) -> Logs:
    """The logs of one scan; with `read_on` the first look is short, for the rest comes later."""
    if read_on:
        return Logs(FIRST_LOOK, root if recall or remember else "", keep=remember)
    return Logs(AT_ONCE, root, keep=remember) if recall or remember else Logs(WHOLE)


def noted(catalog: Catalog, logs: Logs, *, recalled: bool) -> Catalog:
    """The catalog with what the logs leave to be said."""
    return replace(
        catalog,
        warnings=catalog.warnings + logs.warnings(),
        recalled=recalled or bool(logs.root),
    )


def with_late_metrics(
    catalog: Catalog, tree: Tree, found: Discovery, logs: Logs, cancelled: Callable[[], bool]
) -> Iterator[Catalog]:
    """The sized catalog once more, when its long logs have been read to their end."""
    exact = partial(with_exact_metrics, logs=logs)
    for _ in logs.rounds(lambda: exact(tree, found.checkpoints, found.folders)):
        logs.save()
        if cancelled():
            return
    if logs.behind:
        return
    again = noted(assemble(tree, found, exact), logs, recalled=catalog.recalled)
    late = {one.id: one.metrics for one in again.checkpoints}
    told = tuple(replace(one, metrics=late.get(one.id, one.metrics)) for one in catalog.checkpoints)
    yield replace(again, checkpoints=told, activity=catalog.activity)
