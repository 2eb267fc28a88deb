"""The first pass of a scan: names. Which folders hold which checkpoints, and what else is there.

Sizes come later; a checkpoint directory is opened by its layout, and never searched for runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from ..places import STATE_DIRECTORY
from .artifacts import artifact_of, final_model_of
from .evidence import is_weight_name
from .layouts import LAYOUTS
from .model import Artifact, Checkpoint, Kind, Member
from .sighting import FinalModel, Layout, Sighting, Tag
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
        before = len(found.checkpoints)
        rest = _recognise(folder, found, layouts)
        if len(found.checkpoints) > before:
            yield found.checkpoints[before:]
        pending.extend(reversed(_sort_out(rest, found, recognised=rest is not folder)))


def _recognise(folder: Folder, found: Discovery, layouts: Sequence[Layout]) -> Folder:
    """Let each layout claim what it knows; returns the folder without the claimed names."""
    rest = folder
    for layout in layouts:
        sightings = layout.recognise(rest)
        claimed = sightings.names()
        if not claimed:
            continue
        for one in sightings.checkpoints:
            found.checkpoints.append(_checkpoint(folder, layout.name, one))
            found.folders[found.checkpoints[-1].series] = folder.path
        for final in sightings.finals:
            found.artifacts.extend(_final_artifacts(folder, final))
        found.tags.extend((folder.path, tag) for tag in sightings.tags)
        rest = rest.without(claimed)
    return rest


def _checkpoint(folder: Folder, layout: str, one: Sighting) -> Checkpoint:
    return Checkpoint(
        id=join(folder.path, one.name),
        series=join(folder.path, one.family),
        layout=layout,
        members=tuple(Member(join(folder.path, name), folder.kinds[name]) for name in one.members),
        step=one.step,
        epoch=one.epoch,
        metrics=one.metrics,
        state=one.state,
        evidence=one.evidence,
        standing=one.standing,
    )


def _final_artifacts(folder: Folder, final: FinalModel) -> list[Artifact]:
    artifacts = []
    for name in final.names:
        status = folder.stat(name)
        disk = status.disk if status else 0
        artifacts.append(final_model_of(join(folder.path, name), final, disk))
    return artifacts


def _sort_out(folder: Folder, found: Discovery, *, recognised: bool) -> list[Folder]:
    """Class the rest of a folder; returns the sub-folders to visit."""
    if _is_unknown_model(folder, recognised):
        found.unrecognised.append(folder.path)
        return []
    below: list[Folder] = []
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
            _sort_file(folder, name, kind, found)
    return below


def _sort_file(folder: Folder, name: str, kind: Kind, found: Discovery) -> None:
    path = join(folder.path, name)
    status = folder.stat(name) if kind is Kind.FILE else None
    artifact = artifact_of(path, name, status.disk) if status else None
    if artifact:
        found.artifacts.append(artifact)
    else:
        found.unrecognised.append(path)


def _is_unknown_model(folder: Folder, recognised: bool) -> bool:
    """A leaf directory with weights that no layout knows is one unknown thing, not many."""
    if recognised or not folder.path or folder.names(Kind.DIRECTORY):
        return False
    return any(is_weight_name(name) for name in folder.names(Kind.FILE))
