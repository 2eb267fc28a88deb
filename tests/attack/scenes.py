"""The commands under attack: how the run is made ready, and what must hold afterwards.

Each check is the answer to one question: is anything lost that nobody asked to delete?
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ground import (
    GOING,
    KEPT,
    MEMBERS,
    PRUNE,
    RESUMING,
    SLIM,
    Seen,
    demand,
    each_is_whole,
    look,
    loose,
    no_half_looks_complete,
    part,
    run,
    undo_all,
)
from traced import Point, disturb


@dataclass(frozen=True)
class Scene:
    """One command, what comes before it, and what must be true after it was disturbed."""

    name: str
    arguments: Callable[[Path], list[str | Path]]
    ready: Callable[[Path], None]
    check: Callable[[Path, Seen, int], None]


def after_prune(root: Path, before: Seen, turn: int) -> None:
    """The next command puts things right, whichever it is, and undo brings all back."""
    no_half_looks_complete(root)
    if turn % 2:
        run("prune", root, *PRUNE)
        each_is_whole(root, before)
    undo_all(root)
    each_is_whole(root, before)
    demand(loose(look(root)) == loose(before), "undo did not restore the run exactly")


def after_undo(root: Path, before: Seen, turn: int) -> None:
    """Half an undo is finished by the next one, or taken back by nobody."""
    no_half_looks_complete(root)
    if turn % 2:
        run("purge", root, "--older-than", "1d", "-y")
        each_is_whole(root, before)
    undo_all(root)
    demand(loose(look(root)) == loose(before), "undo did not restore the run exactly")


def after_purge(root: Path, before: Seen, turn: int) -> None:
    """What was kept is untouched; what was purged is gone whole, or comes back whole."""
    no_half_looks_complete(root)
    undo_all(root)
    now, then = loose(look(root), links=False), loose(before, links=False)
    for checkpoint in MEMBERS:
        found = part(now, checkpoint)
        whole = found == part(then, checkpoint)
        demand(whole or (checkpoint in GOING and not found), f"{checkpoint} is not whole")
    run("prune", root, *PRUNE)
    run("purge", root, "-y")
    demand(not list(root.glob(".keepstep/trash/*")), "the trash cannot be emptied")
    now = loose(look(root), links=False)
    for checkpoint in KEPT:
        demand(part(now, checkpoint) == part(then, checkpoint), f"{checkpoint} is not whole")


def after_folding(root: Path, before: Seen, turn: int) -> None:
    """No commit of long ago is forgotten or told twice, and the trash fares as ever."""
    for _ in range(2):
        told = [one["id"] for one in json.loads(run("history", root, "--json").stdout)["commits"]]
        demand(len(told) == len(set(told)), "a commit is told twice")
        demand(set(_OLD) <= set(told), "a commit of long ago is forgotten")
        after_purge(root, before, turn)


def after_slim(root: Path, before: Seen, turn: int) -> None:
    """At no moment would training go on without its optimizer unawares; undo brings all back."""
    _no_silent_resume(root)
    no_half_looks_complete(root)
    if turn % 2:
        run("purge", root, "--older-than", "1d", "-y")
        _no_silent_resume(root)
        there = {name for name in RESUMING if (root / "checkpoint-200" / name).exists()}
        demand(there in (set(), set(RESUMING)), f"checkpoint-200 is torn: {there}")
    undo_all(root)
    now, then = _but_for_the_times_of(root, look(root)), _but_for_the_times_of(root, before)
    demand(now == then, "undo did not restore the run exactly")


def _no_silent_resume(root: Path) -> None:
    for folder in root.glob("checkpoint-*"):
        resumes = (folder / "trainer_state.json").exists()
        demand(not resumes or (folder / "optimizer.pt").exists(), f"{folder.name} resumes unawares")


def _but_for_the_times_of(root: Path, seen: Seen) -> Seen:
    """Folders that lost and regained files; a crash may leave their times changed."""
    return {
        name: (*entry[:4], None) if (root / name).is_dir() else entry
        for name, entry in loose(seen).items()
    }


def after_pin(root: Path, before: Seen, turn: int) -> None:
    """The older pin stands, the new one or none does, and no checkpoint is touched."""
    demand(loose(look(root)) == loose(before), "pinning touched the run")
    pinned = _pins(root)
    demand({"checkpoint-200"} <= pinned <= {"checkpoint-200", "checkpoint-100"}, f"pins {pinned}")
    run("pin", root, "checkpoint-100")
    demand(_pins(root) == {"checkpoint-200", "checkpoint-100"}, "cannot pin any more")
    run("prune", root, *PRUNE)
    demand((root / "checkpoint-200").exists(), "a pinned checkpoint was pruned")


def after_unpin(root: Path, before: Seen, turn: int) -> None:
    """The pin is there or it is not."""
    demand(loose(look(root)) == loose(before), "unpinning touched the run")
    demand(_pins(root) <= {"checkpoint-200"}, "pins out of nothing")
    run("unpin", root, "checkpoint-200")
    demand(not _pins(root), "cannot unpin any more")


def _pins(root: Path) -> set[str]:
    return {pin["id"] for pin in json.loads(run("pins", root, "--json").stdout)["pins"]}


def _nothing(root: Path) -> None:
    pass


def _pruned(root: Path) -> None:
    run("prune", root, *PRUNE)


def _pruned_for_years(root: Path) -> None:
    """Pruned, and before that a hundred times, all of it purged long since."""
    _pruned(root)
    [journal] = root.glob(".keepstep/commits/*.jsonl")
    text = journal.read_text()
    items = [item["n"] for item in json.loads(text.splitlines()[0])["items"]]
    purged = {"line": "purged", "at": 1_600_000_000.0, "items": items, "settled": True}
    ended = text + json.dumps(purged, separators=(",", ":")) + "\n"
    for old in _OLD:
        (journal.parent / f"{old}.jsonl").write_text(ended.replace(journal.stem, old))


def _slimmed(root: Path) -> None:
    run("prune", root, *SLIM)


def _torn(rename: int) -> Callable[[Path], None]:
    """A prune killed at one of its renames, in the middle of a set."""

    def ready(root: Path) -> None:
        point = Point("renameat2", rename, "")
        disturb(["prune", root, *PRUNE], root.parent / "torn.log", point, "signal=KILL")

    return ready


def _pinned(root: Path) -> None:
    run("pin", root, "checkpoint-200", "--note", "figure 4")


_OLD = [f"20200101-{n:06}-0000" for n in range(100)]

SCENES = (
    Scene("prune", lambda root: ["prune", root, *PRUNE], _nothing, after_prune),
    Scene("undo", lambda root: ["undo", root], _pruned, after_undo),
    Scene("recovery of a pair", lambda root: ["undo", root], _torn(5), after_undo),
    Scene("recovery of three", lambda root: ["prune", root, *PRUNE], _torn(8), after_prune),
    Scene("purge", lambda root: ["purge", root, "-y"], _pruned, after_purge),
    Scene("folding", lambda root: ["purge", root, "-y"], _pruned_for_years, after_folding),
    Scene("prune --purge", lambda r: ["prune", r, *PRUNE, "--purge"], _nothing, after_purge),
    Scene("slim", lambda root: ["prune", root, *SLIM], _nothing, after_slim),
    Scene("undo of a slim", lambda root: ["undo", root], _slimmed, after_slim),
    Scene("pin", lambda root: ["pin", root, "checkpoint-100"], _pinned, after_pin),
    Scene("unpin", lambda root: ["unpin", root, "checkpoint-200"], _pinned, after_unpin),
)
