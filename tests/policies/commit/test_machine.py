"""Any order of what keepstep and other people do to a run: nothing is lost that no plan deleted.

Scan, pin, unpin, prune, undo and purge beside saves and deletes from outside, on a real
directory with directories, files and sets.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from keepstep.policies.catalog.model import Catalog, State
from keepstep.policies.catalog.scan import scan
from keepstep.policies.commit.commit import commit
from keepstep.policies.commit.purge import purge
from keepstep.policies.commit.undo import undo
from keepstep.policies.decisions import Action
from keepstep.policies.pins import pin, unpin
from keepstep.policies.plan import make_plan
from keepstep.policies.rules.schema import policy_of

NOW = 1_800_000_000.0
HEADER = json.dumps({"w": {"dtype": "U8", "shape": [9], "data_offsets": [0, 9]}}).encode()
WEIGHTS = len(HEADER).to_bytes(8, "little") + HEADER + bytes(9)
STATE = "trainer_state.json"
KINDS = ("checkpoint", "tf", "gan", "files")
STEPS = st.integers(1, 12)
PARTS = {
    "tf": ("tf/ckpt-{}.index", "tf/ckpt-{}.data-00000-of-00001"),
    "gan": ("gan/G_{}.pth", "gan/D_{}.pth"),
    "files": ("files/epoch_{}.pth",),
}


class Run(RuleBasedStateMachine):
    """What should be in place, in the trash and pinned, told without asking keepstep."""

    def __init__(self) -> None:
        super().__init__()
        self.place = tempfile.mkdtemp()
        self.root = Path(self.place, "run")
        self.root.mkdir()
        self.here: dict[str, dict[str, bytes]] = {}  # what must be in place, by first member
        self.trash: list[dict[str, dict[str, bytes]]] = []  # commits, newest last
        self.pinned: set[str] = set()
        self.saves = 0

    def teardown(self) -> None:
        shutil.rmtree(self.place)

    @rule(kind=st.sampled_from(KINDS), step=STEPS, salt=st.binary(max_size=4))
    def external_save(self, kind: str, step: int, salt: bytes) -> None:
        self.saves += 1
        files = _content(kind, step, b"%d %b" % (self.saves, salt))
        key = next(iter(files))
        if key in self.here:
            return  # frameworks write a step once
        for path, content in files.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_bytes(content)
        self.here[key] = files

    @precondition(lambda self: self.here)
    @rule(data=st.data())
    def external_delete(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.here)))
        for path in self.here.pop(key):
            (self.root / path).unlink()
        if key.startswith("checkpoint"):
            (self.root / key).parent.rmdir()

    @precondition(lambda self: self.here)
    @rule(data=st.data())
    def pins(self, data: st.DataObject) -> None:
        catalog = scan(str(self.root))
        key = data.draw(st.sampled_from(sorted(self.here)))
        pin(catalog, [_ids(catalog)[key]])
        self.pinned.add(key)

    @precondition(lambda self: self.pinned & self.here.keys())
    @rule(data=st.data())
    def unpins(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.pinned & self.here.keys())))
        catalog = scan(str(self.root))
        unpin(catalog, [_ids(catalog)[key]])
        self.pinned.discard(key)

    @rule(last=st.integers(1, 4), late=st.booleans(), data=st.data())
    def prunes(self, last: int, late: bool, data: st.DataObject) -> None:
        policy = policy_of({"name": "t", "keep": [{"last": last}]}, "test")
        plan = make_plan(scan(str(self.root)), policy, now=NOW)
        if late and self.here:  # between plan and commit somebody pins or deletes
            data.draw(st.sampled_from([self.pins, self.external_delete]))(data=data)
        planned = {d.checkpoint.id for d in plan.decisions if d.action is Action.DELETE}
        keys = {id_: key for key, id_ in _ids(plan.catalog).items()}
        result = commit(plan, clock=lambda: NOW)
        assert set(result.trashed) <= planned, "moved what the plan does not delete"
        moved = {keys[id_] for id_ in result.trashed}
        assert not moved & self.pinned, "moved what is pinned"
        if moved:
            self.trash.append({key: self.here.pop(key) for key in moved})

    @rule(last=st.integers(1, 3))
    def slims(self, last: int) -> None:
        """Only Trainer folders have their optimizer apart; of the others nothing moves."""
        policy = policy_of({"keep": [{"last": last}], "slim": [{"last": 99}]}, "test")
        plan = make_plan(scan(str(self.root)), policy, now=NOW)
        result = commit(plan, clock=lambda: NOW)
        assert not result.skipped
        assert result.trashed == result.slimmed
        keys = {id_: key for key, id_ in _ids(plan.catalog).items()}
        parts: dict[str, dict[str, bytes]] = {}
        for id_ in result.slimmed:
            files = self.here[keys[id_]]
            assert keys[id_] not in self.pinned
            parts[keys[id_]] = {f"{id_}/optimizer.pt": files.pop(f"{id_}/optimizer.pt")}
            files[f"{id_}/{STATE}.slimmed"] = files.pop(f"{id_}/{STATE}")
        if parts:
            self.trash.append(parts)

    @rule()
    def undoes(self) -> None:
        result = undo(str(self.root))
        if not result.id:
            assert not self.trash
            return
        # Commits that only wait for a taken place stand in the way of older ones.
        items = self.trash[-1]
        free = [key for key in items if not self._taken(items[key])]
        assert len(result.restored) == len(free)
        for key in free:
            files = items.pop(key)
            if _is_part(files):
                [name] = files
                state = name.replace("optimizer.pt", STATE)
                self.here[key][state] = self.here[key].pop(f"{state}.slimmed")
                self.here[key].update(files)
            else:
                self.here[key] = files
        if not items:
            self.trash.pop()

    @rule()
    def purges(self) -> None:
        purge(str(self.root))
        self.trash.clear()

    def _taken(self, files: dict[str, bytes]) -> bool:
        if not _is_part(files):
            return next(iter(files)) in self.here
        [name] = files  # comes back only to the very checkpoint that it was taken from
        key = name.replace("optimizer.pt", "model.safetensors")
        here = self.here.get(key, {})
        salt = files[name].removeprefix(b"state of ")
        return f"{name.rpartition('/')[0]}/{STATE}.slimmed" not in here or not any(
            content == salt for path, content in here.items() if path.endswith("/salt")
        )

    @invariant()
    def nothing_is_lost(self) -> None:
        wanted = {path: content for files in self.here.values() for path, content in files.items()}
        assert _tree(self.root) == wanted

    @invariant()
    def the_trash_holds_what_can_be_undone(self) -> None:
        wanted = [c for commit in self.trash for files in commit.values() for c in files.values()]
        assert sorted(_tree(self.root / ".keepstep" / "trash").values()) == sorted(wanted)

    @invariant()
    def the_newest_of_each_kind_is_complete(self) -> None:
        complete = {
            key for key, one in _found(scan(str(self.root))).items() if one.state is State.COMPLETE
        }
        assert self.here.keys() <= complete


def _content(kind: str, step: int, salt: bytes) -> dict[str, bytes]:
    if kind == "checkpoint":
        folder = f"checkpoint-{step}"
        state = json.dumps({"global_step": step}).encode()
        return {
            f"{folder}/model.safetensors": WEIGHTS,
            f"{folder}/{STATE}": state,
            f"{folder}/salt": salt,
            f"{folder}/optimizer.pt": b"state of " + salt,  # tells whose it is
        }
    return {part.format(step): f"{part} {step} ".encode() + salt for part in PARTS[kind]}


def _is_part(files: dict[str, bytes]) -> bool:
    """Whether this is what slimming took of a checkpoint."""
    return len(files) == 1 and next(iter(files)).endswith("optimizer.pt")


def _found(catalog: Catalog) -> dict:
    """Checkpoints by the first file that this test knows them by."""
    found = {}
    for one in catalog.checkpoints:
        for member in one.members:
            directory = member.path.startswith("checkpoint")
            found[f"{member.path}/model.safetensors" if directory else member.path] = one
    return found


def _ids(catalog: Catalog) -> dict[str, str]:
    firsts = ("/model.safetensors", ".index")
    return {
        key: one.id
        for key, one in _found(catalog).items()
        if key.endswith(firsts) or "/G_" in key or "/epoch_" in key
    }


def _tree(root: Path) -> dict[str, bytes]:
    found = {}
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name != ".keepstep"]
        for name in files:
            path = Path(folder, name)
            found[str(path.relative_to(root))] = path.read_bytes()
    return found


TestMachine = Run.TestCase
TestMachine.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
