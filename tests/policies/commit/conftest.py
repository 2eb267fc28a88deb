"""Real directories with checkpoints of every shape, and plans made by hand for them."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from keepstep.policies.catalog.local_tree import LocalTree
from keepstep.policies.catalog.measure import measure
from keepstep.policies.catalog.model import Catalog, Checkpoint, Member, Pin
from keepstep.policies.catalog.unchanged import Unchanged
from keepstep.policies.commit.trash import kind_of
from keepstep.policies.decisions import Action, Decision, Plan, Reason, Source, Summary
from keepstep.policies.pins import PinPlaces, read_pins

ODD_NAME = os.fsdecode(b"weights-\xff\xfe.bin")
LONG_AGO_NS = 1_700_000_000_123_456_789

# id -> members, in the order in which they leave
SHAPES: dict[str, Sequence[str]] = {
    "checkpoint-100": ["checkpoint-100"],
    "checkpoint-200": ["checkpoint-200"],
    "checkpoint-300": ["checkpoint-300"],
    "tf/ckpt-5": ["tf/ckpt-5.index", "tf/ckpt-5.data-0", "tf/ckpt-5.data-1"],
    "single.pt": ["single.pt"],
    "ranks": ["rank0/model.pt", "rank1/model.pt"],  # members of the same name
    "kept.pt": ["kept.pt"],
}
DOOMED = tuple(id_ for id_ in SHAPES if id_ not in ("kept.pt", "checkpoint-300"))


@dataclass(frozen=True)
class Run:
    """A training directory of a test."""

    root: Path
    shapes = SHAPES

    @property
    def state(self) -> Path:
        return self.root / ".keepstep"

    @property
    def trash(self) -> Path:
        return self.state / "trash"

    def catalog(self) -> Catalog:
        tree = LocalTree(str(self.root))
        found = []
        for id_, paths in SHAPES.items():
            if all(os.path.lexists(self.root / path) for path in paths):
                members = tuple(Member(path, kind_of(os.lstat(self.root / path))) for path in paths)
                found.append(Checkpoint(id_, "s", "test", members, measure=measure(tree, members)))
        pins: dict[str, Pin] = {}
        places = PinPlaces(Catalog(str(self.root), checkpoints=tuple(found)))
        for one in found:
            place = places.of(one.id)
            for found_pin in read_pins(place.state):
                if found_pin.id == place.name:
                    pins[one.id] = found_pin
        return Catalog(str(self.root), checkpoints=tuple(found), pins=pins)

    def plan(self, doomed: Iterable[str] = DOOMED) -> Plan:
        return decide(self.catalog(), frozenset(doomed))

    def rescan(self, plan: Plan, unchanged: Unchanged, now: float) -> Plan:
        """What the plan would be now: the same, but pins keep."""
        wanted = {d.checkpoint.id for d in plan.decisions if d.action is Action.DELETE}
        return decide(self.catalog(), frozenset(wanted))

    def snapshot(self) -> dict[str, object]:
        return snapshot(self.root)


def decide(catalog: Catalog, doomed: frozenset[str]) -> Plan:
    decisions = []
    for one in catalog.checkpoints:
        delete = one.id in doomed and one.id not in catalog.pins
        reason = Reason(Source.HAND, "marked") if delete else Reason(Source.RULE, "last", 0)
        action = Action.DELETE if delete else Action.KEEP
        decisions.append(Decision(one, action, (reason,)))
    return Plan(catalog, None, tuple(decisions), Summary(), catalog.pins, frozenset())


def snapshot(root: Path) -> dict[str, object]:
    """Everything below a directory but our own state: names, kinds, modes, times, contents."""
    found: dict[str, object] = {}
    for path in [root, *root.rglob("*")]:
        relative = path.relative_to(root)
        if relative.parts[:1] == (".keepstep",):
            continue
        status = path.lstat()
        content: object = None
        if stat.S_ISLNK(status.st_mode):
            content = os.readlink(path)
        elif stat.S_ISREG(status.st_mode):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        found[str(relative)] = (
            status.st_mode,
            status.st_mtime_ns,
            status.st_ino,
            status.st_nlink if not stat.S_ISDIR(status.st_mode) else None,
            content,
        )
    return found


def build(root: Path, precious: Path) -> None:
    root.mkdir(exist_ok=True)
    precious.mkdir(exist_ok=True)
    (precious / "data.txt").write_text("never touch")
    for step in (100, 200, 300):
        folder = root / f"checkpoint-{step}"
        (folder / "global_step" / "deep").mkdir(parents=True)
        (folder / "model.safetensors").write_bytes(os.urandom(5000))
        (folder / ODD_NAME).write_bytes(b"odd")
        (folder / "global_step" / "deep" / "optim.pt").write_bytes(os.urandom(100))
        (folder / "run.sh").write_text("#!/bin/sh\n")
        (folder / "run.sh").chmod(0o755)
        (folder / "dataset").symlink_to(precious)
        (folder / "dangling").symlink_to("nowhere")
    os.link(root / "checkpoint-100" / "model.safetensors", root / "checkpoint-200" / "shared.bin")
    os.link(root / "checkpoint-100" / "model.safetensors", root / "checkpoint-300" / "shared.bin")
    for paths in list(SHAPES.values())[3:]:
        for path in paths:
            (root / path).parent.mkdir(exist_ok=True)
            (root / path).write_bytes(os.urandom(321))
    (root / "latest").symlink_to("checkpoint-300")
    for path in sorted(root.rglob("*"), reverse=True):
        os.utime(path, ns=(LONG_AGO_NS, LONG_AGO_NS), follow_symlinks=False)
    os.utime(root, ns=(LONG_AGO_NS, LONG_AGO_NS))


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    return tmp_path / "precious"


@pytest.fixture
def run(tmp_path: Path, precious: Path) -> Run:
    build(tmp_path / "run", precious)
    return Run(tmp_path / "run")


@pytest.fixture
def make_run() -> Callable[[Path], Run]:
    def make(place: Path) -> Run:
        place.mkdir(parents=True)
        build(place / "run", place / "precious")
        return Run(place / "run")

    return make
