"""The first pass of a scan: names. Which folders hold which checkpoints, and what else is there.

Sizes come later; a checkpoint directory is opened by its layout, and never searched for runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from ..places import STATE_DIRECTORY
from .artifacts import artifact_of, events_by_writer, final_model_of, may_still_grow
from .evidence import is_weight_name
from .layouts import LAYOUTS
from .measure import measure
from .model import Artifact, Checkpoint, Kind, Member, MetricLog, Standing
from .one_model import is_store
from .sighting import FinalModel, Layout, Sighting, Sightings, Sundry, Tag
from .tree import Folder, Tree, join


@dataclass(slots=True)
class Discovery:
    """What the names tell, gathered folder by folder."""

    checkpoints: list[Checkpoint] = field(default_factory=list)
    artifacts: list[Artifact] = field(default_factory=list)
    unrecognised: list[str] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    tags: list[tuple[str, Tag]] = field(default_factory=list)  # folder, tag
    folders: dict[str, str] = field(default_factory=dict)  # series -> folder
    counts: dict[str, str] = field(default_factory=dict)  # series -> what its counter counts
    metric_logs: dict[str, MetricLog] = field(default_factory=dict)  # by series
    selects_by: dict[str, tuple[str, str]] = field(default_factory=dict)  # by series
    state_folders: list[str] = field(default_factory=list)  # folders that hold our state
    warnings: list[str] = field(default_factory=list)


def discover(
    tree: Tree,
    found: Discovery,
    *,
    layouts: Sequence[Layout] = LAYOUTS,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[Sequence[Checkpoint]]:
    """Fill `found`, yielding the checkpoints of each folder as it is read.

    Raises OSError only when the root itself cannot be listed.
    """
    pending = [Folder(tree, "")]
    while pending and not cancelled():
        folder = pending.pop()
        if is_store(folder):
            found.unrecognised.extend([folder.path] if folder.path else folder.kinds)
            continue
        before = len(found.checkpoints)
        rest = _recognise(folder, found, layouts)
        if len(found.checkpoints) > before:
            yield found.checkpoints[before:]
        pending.extend(reversed(_sort_out(rest, found)))


def _recognise(folder: Folder, found: Discovery, layouts: Sequence[Layout]) -> Folder:
    """Let each layout claim what it knows; returns the folder without the claimed names."""
    rest = folder
    seen: list[tuple[str, Sighting]] = []
    by_layout: dict[str, Sightings] = {}
    for layout in layouts:
        sightings = layout.recognise(rest)
        found.tags.extend((folder.path, tag) for tag in sightings.tags)
        claimed = sightings.names()
        if not claimed:
            continue
        seen.extend((layout.name, one) for one in sightings.checkpoints)
        by_layout[layout.name] = sightings
        for final in sightings.finals:
            found.artifacts.extend(_final_artifacts(folder, final))
        found.artifacts.extend(_sundry_artifact(folder, sundry) for sundry in sightings.sundries)
        rest = rest.without(claimed)
    numbered = {one.family for _, one in seen if one.standing is Standing.NUMBERED}
    for layout_name, one in seen:
        family = one.family or (next(iter(numbered)) if len(numbered) == 1 else one.name)
        _add(folder, layout_name, one, family, found)
        series, sightings = found.checkpoints[-1].series, by_layout[layout_name]
        found.metric_logs[series] = sightings.metric_log
        if sightings.selects_by is not None:
            found.selects_by[series] = sightings.selects_by
    return rest


def _add(folder: Folder, layout: str, one: Sighting, family: str, found: Discovery) -> None:
    series = join(folder.path, family)
    found.checkpoints.append(_checkpoint(folder, layout, one, series))
    found.folders[series] = folder.path
    if one.counter is not None:
        found.counts[series] = one.counts


def _checkpoint(folder: Folder, layout: str, one: Sighting, series: str) -> Checkpoint:
    return Checkpoint(
        id=join(folder.path, one.name),
        series=series,
        layout=layout,
        members=tuple(
            Member(join(folder.path, name), folder.kind(name) or Kind.OTHER) for name in one.members
        ),
        step=one.step,
        epoch=one.epoch,
        metrics=one.metrics,
        state=one.state,
        evidence=one.evidence,
        standing=one.standing,
        counter=one.counter,
        weights_only=one.weights_only,
    )


def _final_artifacts(folder: Folder, final: FinalModel) -> list[Artifact]:
    return [
        final_model_of(join(folder.path, name), final, _disk(folder, name)) for name in final.names
    ]


def _sundry_artifact(folder: Folder, sundry: Sundry) -> Artifact:
    path, disk = join(folder.path, sundry.name), _disk(folder, sundry.name)
    return Artifact(path, sundry.kind, disk, sundry.consequence, sundry.why)


def _disk(folder: Folder, name: str) -> int:
    """Bytes on disk at and below an entry; what cannot be read counts nothing."""
    member = Member(join(folder.path, name), folder.kind(name) or Kind.OTHER)
    return measure(folder.tree, (member,)).disk


def _sort_out(folder: Folder, found: Discovery) -> list[Folder]:
    """Class the rest of a folder; returns the sub-folders to visit."""
    if _is_unknown_model(folder):
        found.unrecognised.append(folder.path)
        return []
    below: list[Folder] = []
    newest = _newest_events(folder)
    for name, kind in folder.kinds.items():
        path = join(folder.path, name)
        if kind is Kind.DIRECTORY:
            if name == STATE_DIRECTORY:
                found.state_folders.append(folder.path)
            elif name.startswith("."):
                found.unrecognised.append(path)
            elif (child := folder.child(name)) is not None:
                below.append(child)
            else:
                found.unrecognised.append(path)
                found.warnings.append(f"{path}: the directory cannot be listed; it is left alone")
        elif kind is Kind.LINK:
            found.links[path] = folder.tree.link(path)
        else:
            _sort_file(folder, name, kind, found, growing=name in newest)
    return below


def _newest_events(folder: Folder) -> set[str]:
    """The event files that were written last: their writers may be alive."""
    found: set[str] = set()
    for events in events_by_writer(folder.names(Kind.FILE)):
        times = {name: status.mtime_ns for name in events if (status := folder.stat(name))}
        newest = max(times.values(), default=None)
        found.update(name for name, at in times.items() if at == newest)
    return found


def _sort_file(folder: Folder, name: str, kind: Kind, found: Discovery, *, growing: bool) -> None:
    path = join(folder.path, name)
    status = folder.stat(name) if kind is Kind.FILE else None
    artifact = artifact_of(path, name, status) if status else None
    if artifact:
        found.artifacts.append(may_still_grow(artifact) if growing else artifact)
    else:
        found.unrecognised.append(path)


def _is_unknown_model(folder: Folder) -> bool:
    """A leaf directory with weights that no layout knows is one unknown thing, not many."""
    if folder.partial or not folder.path or folder.names(Kind.DIRECTORY):
        return False
    return any(is_weight_name(name) for name in folder.names(Kind.FILE))
