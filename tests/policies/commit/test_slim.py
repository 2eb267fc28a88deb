"""Slimming on a real directory: what leaves, what stays, how it comes back, and every crash."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from keepstep.policies.catalog.scan import scan
from keepstep.policies.commit.commit import commit
from keepstep.policies.commit.history import history
from keepstep.policies.commit.purge import purge
from keepstep.policies.commit.recovery import recover
from keepstep.policies.commit.slimming import REST_CHANGED, REST_GONE, TAKEN_NAME
from keepstep.policies.commit.undo import undo
from keepstep.policies.decisions import Action, Plan
from keepstep.policies.pins import pin
from keepstep.policies.plan import make_plan
from keepstep.policies.plan_file import fit, read_plan_file
from keepstep.policies.plan_json import plan_document
from keepstep.policies.rules.schema import parse_policy

from ..slimmable import ACCELERATE, ZERO_2, folders, trainer_run
from ..trees import torch_zip
from .conftest import LONG_AGO_NS, snapshot
from .test_kills import survives

NOW = 1_800_000_000.0
MIXED = "keep: [last: 1]\nslim: [every_steps: 200]"  # 100 and 300 go, 200 and 400 are slimmed
LEAVES = {"optimizer.pt", "scheduler.pt", "rng_state.pth", "optimizer.bin", "scheduler.bin",
          "random_states_0.pkl", "scaler.pt", "sampler.bin", "rng_state_0.pth",
          "rng_state_1.pth", "latest", "zero_to_fp32.py"}  # fmt: skip


def plan_of(root: Path, text: str = MIXED) -> Plan:
    return make_plan(scan(str(root)), parse_policy(text, "test"), now=NOW)


def age(root: Path) -> Path:
    """Long ago, every file and folder at one odd time."""
    for path in [*sorted(root.rglob("*"), reverse=True), root]:
        os.utime(path, ns=(LONG_AGO_NS, LONG_AGO_NS), follow_symlinks=False)
    return root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return build(tmp_path / "run")


def build(root: Path) -> Path:
    """A Trainer's run, an accelerate run, a set, and links and modes that must survive."""
    trainer_run(root, [100, 200, 300, 400, 500])
    trainer_run(root / "zero", [100, 200, 300], ZERO_2)
    folders(root / "project" / "checkpoints", "checkpoint_{}", range(3), ACCELERATE)
    (root / "set").mkdir()
    for number in (100, 200, 300):
        torch_zip(root / "set" / f"model_{number}.pt")
        torch_zip(root / "set" / f"optimizer_{number}.pt")
    (root / "checkpoint-200" / "optimizer.pt").chmod(0o640)
    (root / "checkpoint-200" / "scheduler.pt").unlink()
    (root / "checkpoint-200" / "scheduler.pt").symlink_to("nowhere")
    os.link(root / "checkpoint-400/optimizer.pt", root / "checkpoint-400/twin.bin")
    return age(root)


def test_slimming_takes_nothing_else(root: Path):
    before = snapshot(root)
    result = commit(plan_of(root))
    assert set(result.slimmed) >= {"checkpoint-200", "checkpoint-400", "zero/checkpoint-200"}
    after = snapshot(root)
    deleted = set(result.trashed) - set(result.slimmed)
    for path, seen in before.items():
        if any(path == id_ or path.startswith(id_ + "/") for id_ in deleted):
            assert path not in after
        elif path not in after:
            name = path.rpartition("/")[2]
            left = name in LEAVES or "global_step" in path or name.startswith("optimizer_")
            assert left or f"{path}.slimmed" in after, path
        elif not Path(root, path).is_dir():
            assert after[path][4] == seen[4]  # type: ignore[index]  # content


def test_undo_of_a_mixed_commit_is_exact(root: Path):
    before = snapshot(root)
    result = commit(plan_of(root))
    assert result.checkpoints
    assert result.slimmed
    undone = undo(str(root))
    assert (undone.checkpoints, undone.slimmed) == (result.checkpoints, len(result.slimmed))
    assert snapshot(root) == before
    assert history(str(root))[0].slimmed == len(result.slimmed)


def test_slimmed_then_deleted_is_deleted(root: Path, tmp_path: Path):
    other = tmp_path / "other"
    shutil.copytree(root, other, symlinks=True)
    slim_first = plan_of(root, "keep: [last: 1]\nslim: [every_steps: 1]")
    commit(slim_first)
    commit(plan_of(root, "keep: [last: 1]"))
    commit(plan_of(other, "keep: [last: 1]"))
    assert snapshot(root).keys() == snapshot(other).keys()
    while undo(str(root)).restored:
        pass
    assert (root / "checkpoint-200" / "optimizer.pt").exists()


def test_after_slimming_nothing_is_slimmed_again(root: Path):
    commit(plan_of(root))
    again = plan_of(root)
    assert again.summary.going == 0
    slim = [one.checkpoint for one in again.decisions if one.checkpoint.weights_only]
    assert {one.id for one in slim} >= {"checkpoint-200", "checkpoint-400", "set/model_200.pt"}
    assert all(one.state == "complete" for one in slim)


def test_purging_keeps_the_slimmed_checkpoint(root: Path):
    promised = plan_of(root).summary.freed
    result = commit(plan_of(root))
    assert result.promised == promised
    emptied = purge(str(root))
    assert emptied.bytes_promised >= promised.certain
    names = {path.name for path in (root / "checkpoint-200").iterdir()}
    assert names == {
        "config.json", "generation_config.json", "model.safetensors", "tokenizer.json",
        "training_args.bin", "trainer_state.json.slimmed",
    }  # fmt: skip
    assert undo(str(root)).restored == ()


def test_purged_at_once(root: Path):
    result = commit(plan_of(root), purge=True)
    assert result.purged
    assert not (root / "checkpoint-200" / "optimizer.pt").exists()
    assert (root / "checkpoint-200" / "model.safetensors").exists()


def test_nothing_comes_back_to_a_place_where_the_rest_is_not(root: Path):
    first = commit(plan_of(root, "keep: [last: 1]\nslim: [every_steps: 1]"))
    commit(plan_of(root, "keep: [last: 1]"))
    undone = undo(str(root), first.id)  # out of order: the folders are in the trash
    assert {one.why for one in undone.skipped} == {REST_GONE}
    assert not (root / "checkpoint-200").exists()
    undo(str(root))
    assert undo(str(root)).id == first.id
    assert (root / "checkpoint-200" / "trainer_state.json").exists()


def test_saved_anew_meanwhile(root: Path):
    """Training ran again and wrote the whole of it: undo leaves that alone."""
    commit(plan_of(root))
    (root / "checkpoint-200" / "optimizer.pt").write_bytes(b"new")
    undone = undo(str(root))
    assert [one.id for one in undone.skipped] == ["checkpoint-200"]
    assert (root / "checkpoint-200" / "optimizer.pt").read_bytes() == b"new"
    assert (root / "checkpoint-200" / "trainer_state.json.slimmed").exists()


def test_the_optimizer_of_another_run_never_comes_back(root: Path):
    """Slimmed, trained anew into the same folder, and slimmed again."""
    first = commit(plan_of(root))
    folder = root / "checkpoint-200"
    (folder / "trainer_state.json.slimmed").unlink()
    trained = '{"global_step": 200, "log_history": []}'
    (folder / "trainer_state.json").write_text(trained)
    (folder / "optimizer.pt").write_bytes(os.urandom(8000))
    age(root)
    os.utime(folder / "trainer_state.json", ns=(LONG_AGO_NS, LONG_AGO_NS + 1))
    second = commit(plan_of(root))
    assert "checkpoint-200" in second.slimmed
    undone = undo(str(root), first.id)
    assert ("checkpoint-200", REST_CHANGED) in {(one.id, one.why) for one in undone.skipped}
    assert "checkpoint-200" in undo(str(root), second.id).restored
    assert (folder / "trainer_state.json").read_text() == trained


def test_undo_in_a_copy_of_the_run(root: Path, tmp_path: Path):
    commit(plan_of(root))
    copy = tmp_path / "copy"
    shutil.copytree(root, copy, symlinks=True)
    undo(str(copy))
    assert (copy / "checkpoint-200" / "optimizer.pt").exists()
    assert (copy / "checkpoint-200" / "trainer_state.json").exists()


def test_a_name_that_is_taken_is_left_alone(root: Path):
    (root / "checkpoint-200" / "trainer_state.json.slimmed").write_text("mine")
    age(root)
    result = commit(plan_of(root))
    assert [(one.id, one.why) for one in result.skipped] == [("checkpoint-200", TAKEN_NAME)]
    assert (root / "checkpoint-200" / "optimizer.pt").exists()


def test_what_was_pinned_or_changed_since_the_plan_stays_whole(root: Path):
    plan = plan_of(root)
    pin(plan.catalog, ["checkpoint-200"])
    (root / "checkpoint-400" / "training_args.bin").write_bytes(b"other")
    result = commit(plan)
    assert {one.id for one in result.skipped} == {"checkpoint-200", "checkpoint-400"}
    assert (root / "checkpoint-200" / "optimizer.pt").exists()
    assert (root / "checkpoint-400" / "optimizer.pt").exists()


def test_a_plan_file_slims_what_it_says_and_no_more(root: Path, tmp_path: Path):
    file = tmp_path / "plan.json"
    document = plan_document(plan_of(root))
    file.write_text(json.dumps(document))
    slim = [one for one in document["decisions"] if one["action"] == "slim"]
    assert all(0 < one["frees"]["certain"] < one["bytes"] for one in slim)
    (root / "checkpoint-200" / "optimizer.pt").write_bytes(b"changed")
    fitted = fit(read_plan_file(str(file)), scan(str(root)), now=NOW)
    assert [name for name, _ in fitted.skipped] == ["checkpoint-200"]
    planned = {d.checkpoint.id for d in fitted.plan.decisions if d.action is Action.SLIM}
    assert planned == {one["id"] for one in slim} - {"checkpoint-200"}
    assert set(commit(fitted.plan).slimmed) == planned


def test_a_hand_mark_survives_a_plan_file(root: Path, tmp_path: Path):
    marked = make_plan(scan(str(root)), None, slim_marks=frozenset(["checkpoint-300"]), now=NOW)
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan_document(marked)))
    fitted = fit(read_plan_file(str(file)), scan(str(root)), now=NOW)
    assert commit(fitted.plan).slimmed == ("checkpoint-300",)


def test_a_folder_that_cannot_be_written_is_skipped(root: Path):
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    (root / "checkpoint-200").chmod(0o555)
    result = commit(plan_of(root))
    assert [one.id for one in result.skipped] == ["checkpoint-200"]
    (root / "checkpoint-200").chmod(0o755)
    assert (root / "checkpoint-200" / "trainer_state.json").exists()


def resumes_silently(root: Path) -> list[str]:
    """Trainer folders that have their state but not their optimizer."""
    return [
        str(folder)
        for folder in root.rglob("checkpoint-*")
        if (folder / "trainer_state.json").exists()
        and not ((folder / "optimizer.pt").exists() or list(folder.glob("global_step*")))
    ]


def without_times(found: dict[str, Any]) -> dict[str, Any]:
    """After a crash nobody knows who touched a folder last."""
    return {k: (v[0], *v[2:]) if v[4] is None else v for k, v in found.items()}


def whole_or_slimmed(root: Path, before: dict[str, Any], slimmed: frozenset[str]) -> None:
    """No checkpoint lies in between, in its folder."""
    now = snapshot(root)
    for id_ in slimmed:
        mine = {p for p in before if p.startswith(id_ + "/") and not Path(root, p).is_dir()}
        gone = {p for p in mine if p not in now}
        leaving = {p for p in mine if p.rpartition("/")[2] in LEAVES or "global_step" in p}
        aside = {p for p in mine if p.endswith("trainer_state.json")}
        assert gone in (set(), leaving | aside) or gone == leaving, gone


def test_killed_at_every_call(tmp_path: Path, record_property: Any):
    calls, finished = 0, False
    while not finished:
        calls += 1
        root = small(tmp_path / str(calls))
        before = snapshot(root)
        plan = plan_of(root, SMALL)
        finished = survives(calls, lambda p=plan: commit(p, clock=lambda: NOW), torn=True)
        assert resumes_silently(root) == []
        recover(str(root))
        assert recover(str(root)) == ()
        assert resumes_silently(root) == []
        whole_or_slimmed(root, before, SLIMMED)
        while undo(str(root)).restored:
            pass
        assert without_times(snapshot(root)) == without_times(before)
        shutil.rmtree(tmp_path / str(calls))
    assert calls > 40
    record_property("kill points", calls - 1)


def test_undo_and_recovery_killed_at_every_call(tmp_path: Path, record_property: Any):
    calls, finished = 0, False
    while not finished:
        calls += 1
        root = small(tmp_path / str(calls))
        before = snapshot(root)
        commit(plan_of(root, SMALL), clock=lambda: NOW)
        finished = survives(calls, lambda r=root: undo(str(r)))
        assert resumes_silently(root) == []
        survives(calls // 2 + 1, lambda r=root: recover(str(r)))
        assert resumes_silently(root) == []
        recover(str(root))
        whole_or_slimmed(root, before, SLIMMED)
        undo(str(root))
        assert without_times(snapshot(root)) == without_times(before)
        shutil.rmtree(tmp_path / str(calls))
    record_property("kill points", calls - 1)


SMALL = "keep: [last: 1]\nslim: [every_steps: 100]\n"
SLIMMED = frozenset(["checkpoint-100", "zero/checkpoint-100", "set/model_100.pt"])


def small(place: Path) -> Path:
    """Two of each, of which the older is slimmed."""
    root = place / "run"
    trainer_run(root, [100, 200])
    trainer_run(root / "zero", [100, 200], ZERO_2)
    (root / "set").mkdir()
    for number in (100, 200):
        torch_zip(root / "set" / f"model_{number}.pt")
        torch_zip(root / "set" / f"optimizer_{number}.pt")
    return age(root)


def test_a_torn_slim_whose_folder_vanished_does_no_harm(tmp_path: Path):
    """Killed in the middle, and then somebody removes the folder by hand."""
    for calls in range(20, 60):
        root = small(tmp_path / str(calls))
        survives(calls, lambda r=root: commit(plan_of(r, SMALL), clock=lambda: NOW))
        shutil.rmtree(root / "checkpoint-100")
        recover(str(root))
        undo(str(root))
        assert not (root / "checkpoint-100").exists()
        shutil.rmtree(tmp_path / str(calls))
