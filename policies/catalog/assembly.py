"""Put together what a scan found: metrics from logs, runs told apart, pointers, pins, order.

Called once, when all names are known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from .beside import has_given_metrics, holders, with_what_lies_beside
from .discovery import Discovery
from .model import (
    NO_LOG,
    Catalog,
    Checkpoint,
    Pointer,
    Series,
    Standing,
)
from .names import natural_key
from .pointers import PointerResolver
from .restarts import split_restarts
from .resume_sources import references
from .selection import Selection, disagreements, selections
from .tree import Tree

# The same checkpoints with more metrics; the last argument are their folders, by series.
Metrics = Callable[[Tree, Sequence[Checkpoint], Mapping[str, str]], list[Checkpoint]]


def assemble(tree: Tree, found: Discovery, metrics: Metrics) -> Catalog:
    """The catalog of what was found, in order, with pointers resolved; sizes are still to come."""
    known = _known(tree, found, metrics)
    pointers, foreign_links = _pointers(tree, found)
    pointed: dict[str, list[str]] = {}
    for pointer in pointers:
        if pointer.resolved is not None:
            pointed.setdefault(pointer.resolved, []).append(pointer.path)
    checkpoints = sorted(
        (
            replace(one, pointed_to_by=tuple(pointed[one.id])) if one.id in pointed else one
            for one in known
        ),
        key=_order,
    )
    warnings = [
        f"{pointer.path} points to {pointer.target}: {pointer.trouble}"
        for pointer in pointers
        if pointer.trouble
    ]
    chosen = {**found.selects_by, **selections(tree, checkpoints)}
    warnings += disagreements(chosen, checkpoints, pointers)
    needed = references(tree, checkpoints, found.artifacts)
    catalog = Catalog(
        root=tree.root,
        series=_series(checkpoints, found, chosen),
        checkpoints=tuple(checkpoints),
        artifacts=tuple(sorted(found.artifacts, key=lambda artifact: artifact.path)),
        pointers=pointers,
        references=needed,
        unrecognised=tuple(sorted(found.unrecognised + foreign_links)),
        warnings=tuple(found.warnings + warnings),
    )
    return with_what_lies_beside(catalog, found.state_folders)


def _known(tree: Tree, found: Discovery, metrics: Metrics) -> list[Checkpoint]:
    """The checkpoints with all that logs and their own files tell."""
    exact = metrics(tree, found.checkpoints, found.folders)
    known = split_restarts(tree, _with_given_metrics(tree, exact, found), found)
    if all(one.standing is Standing.NUMBERED for one in known):
        return known
    from .inside import with_progress_inside  # few runs need it

    return with_progress_inside(tree, known)


def _with_given_metrics(
    tree: Tree, checkpoints: list[Checkpoint], found: Discovery
) -> list[Checkpoint]:
    if not has_given_metrics(tree.root, found.state_folders):
        return checkpoints
    from .given_metrics import with_given_metrics  # few runs need it

    serving = holders(tree.root, found.state_folders)
    return with_given_metrics(tree.root, serving, checkpoints, found.folders, found.metric_logs)


def _order(one: Checkpoint) -> tuple[object, ...]:
    """By series, then oldest to newest; what has no number stands last."""
    numbered = one.standing is Standing.NUMBERED and one.number is not None
    return (one.series, not numbered, one.number or 0, one.epoch or 0, natural_key(one.id))


def _series(
    checkpoints: list[Checkpoint], found: Discovery, chosen: Mapping[str, Selection]
) -> tuple[Series, ...]:
    groups: dict[str, list[Checkpoint]] = {}
    for one in checkpoints:
        groups.setdefault(one.series, []).append(one)
    return tuple(
        Series(
            id=name,
            layout=group[0].layout,
            directory=found.folders[name],
            unit=_unit(group, found.counts.get(name, "epoch")),
            checkpoints=len(group),
            metric_log=found.metric_logs.get(name, NO_LOG),
            selects_by=chosen.get(name),
        )
        for name, group in groups.items()
    )


def _unit(group: list[Checkpoint], otherwise: str) -> str:
    """What orders the series; copies may know more of themselves than that."""
    group = [one for one in group if one.standing is Standing.NUMBERED] or group
    if any(one.step is not None for one in group):
        return "step"
    return "epoch" if any(one.epoch is not None for one in group) else otherwise


def _pointers(tree: Tree, found: Discovery) -> tuple[tuple[Pointer, ...], list[str]]:
    """Pointers, and the links that concern no checkpoint."""
    owners = {member.path: one.id for one in found.checkpoints for member in one.members}
    owners.update((one.id, one.id) for one in found.checkpoints)
    resolver = PointerResolver(tree, found.links, owners, {one.path for one in found.artifacts})
    tags = [(tag.hint, resolver.tag(folder, tag.path, tag.target)) for folder, tag in found.tags]
    pointers = [pointer for hint, pointer in tags if pointer.resolved or not hint]
    foreign = []
    for path in found.links:
        pointer = resolver.link(path)
        if pointer is None:
            foreign.append(path)
        else:
            pointers.append(pointer)
    return tuple(sorted(pointers, key=lambda pointer: pointer.path)), foreign
