"""Commit and undo bring back every byte, name, mode, time and link; a purge follows no link."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from keepstep.policies.commit.commit import commit
from keepstep.policies.commit.commit_id import new_commit_id
from keepstep.policies.commit.history import history
from keepstep.policies.commit.purge import purge
from keepstep.policies.commit.recovery import pending, recover
from keepstep.policies.commit.undo import undo
from keepstep.policies.refusal import Refusal


def test_everything_comes_back(run: Any) -> None:
    before = run.snapshot()
    result = commit(run.plan(), rescan=run.rescan)
    assert len(result.trashed) == 5
    assert not result.skipped
    assert not (run.root / "checkpoint-100").exists()
    assert (run.root / "checkpoint-300").exists()
    undone = undo(str(run.root))
    assert undone.id == result.id
    assert set(undone.restored) == set(result.trashed)
    assert run.snapshot() == before
    assert not list(run.trash.iterdir())


def test_two_commits_are_undone_newest_first(run: Any) -> None:
    before = run.snapshot()
    first = commit(run.plan(["checkpoint-100"]), rescan=run.rescan)
    second = commit(run.plan(["single.pt"]), rescan=run.rescan)
    assert first.id < second.id
    assert undo(str(run.root)).id == second.id
    assert undo(str(run.root)).id == first.id
    assert undo(str(run.root)).id == ""
    assert run.snapshot() == before


def test_a_named_commit_is_undone_out_of_order(run: Any) -> None:
    first = commit(run.plan(["checkpoint-100"]), rescan=run.rescan)
    commit(run.plan(["single.pt"]), rescan=run.rescan)
    assert undo(str(run.root), first.id).restored == ("checkpoint-100",)
    assert (run.root / "checkpoint-100").exists()
    assert not (run.root / "single.pt").exists()


def test_trash_and_pins_move_with_the_run(run: Any) -> None:
    commit(run.plan(), rescan=run.rescan)
    elsewhere = run.root.rename(run.root.parent / "moved")
    assert len(undo(str(elsewhere)).restored) == 5


def test_a_plan_that_deletes_nothing_leaves_no_trace(run: Any) -> None:
    before = run.snapshot()
    result = commit(run.plan([]), rescan=run.rescan)
    assert (result.id, result.trashed) == ("", ())
    assert run.snapshot() == before
    assert not run.state.exists()


def test_undo_history_and_purge_create_nothing(run: Any) -> None:
    root = str(run.root)
    assert undo(root).id == ""
    assert history(root) == ()
    assert purge(root).commits == ()
    assert recover(root) == ()
    assert not pending(root)
    assert not run.state.exists()


def test_undo_never_overwrites(run: Any) -> None:
    commit(run.plan(), rescan=run.rescan)
    (run.root / "checkpoint-100").mkdir()
    (run.root / "tf" / "ckpt-5.data-1").write_text("newer")
    result = undo(str(run.root))
    assert {s.id: s.why for s in result.skipped} == {
        "checkpoint-100": "something newer is at this place",
        "tf/ckpt-5": "something newer is at this place",
    }
    assert not list((run.root / "checkpoint-100").iterdir())
    assert (run.root / "tf" / "ckpt-5.data-1").read_text() == "newer"
    assert not (run.root / "tf" / "ckpt-5.index").exists()
    assert history(str(run.root))[0].state == "partly undone"
    (run.root / "checkpoint-100").rmdir()
    (run.root / "tf" / "ckpt-5.data-1").unlink()
    assert set(undo(str(run.root)).restored) == {"checkpoint-100", "tf/ckpt-5"}
    assert history(str(run.root))[0].state == "undone"


def test_undo_makes_a_missing_parent_again_and_says_so(run: Any) -> None:
    commit(run.plan(), rescan=run.rescan)
    (run.root / "tf").rmdir()
    result = undo(str(run.root))
    assert "tf/ckpt-5" in result.restored
    assert any("tf was missing" in note for note in result.notes)


def test_undo_leaves_the_time_of_a_parent_that_others_changed(run: Any) -> None:
    commit(run.plan(["single.pt"]), rescan=run.rescan)
    (run.root / "checkpoint-400").mkdir()
    undo(str(run.root))
    assert run.root.stat().st_mtime_ns != 1_700_000_000_123_456_789


def test_purge_frees_and_follows_no_link(run: Any, precious: Path) -> None:
    result = commit(run.plan(), rescan=run.rescan)
    purged = purge(str(run.root))
    assert purged.commits == (result.id,)
    assert purged.bytes_promised > 0
    assert purged.measured is not None
    assert (precious / "data.txt").read_text() == "never touch"
    assert not list(run.trash.iterdir())
    assert history(str(run.root))[0].state == "purged"
    undone = undo(str(run.root), result.id)
    assert not undone.restored
    assert {s.why for s in undone.skipped} == {"purged, so it cannot be put back"}


def test_purge_in_the_same_step(run: Any) -> None:
    result = commit(run.plan(), rescan=run.rescan, purge=True)
    assert result.purged
    assert result.measured is not None
    # checkpoint-100 and -200 share a file with checkpoint-300, which stays
    assert 0 < result.promised.certain < result.promised.possible


def test_purge_on_a_slow_filesystem(run: Any, precious: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("keepstep.policies.commit.at_once._SLOW", 0.0)
    commit(run.plan(), rescan=run.rescan)
    done: list[str] = []
    purged = purge(
        str(run.root), on_progress=lambda at: done.append(at.id), stop=lambda: done != []
    )
    assert len(purged.commits) == 1
    left = {path.name for path in run.trash.glob("*/*/*")}
    back = undo(str(run.root))
    assert set(done) | set(back.restored) == {*run.shapes} - {"kept.pt", "checkpoint-300"}
    assert not set(done) & set(back.restored)
    assert left == {Path(path).name for id_ in back.restored for path in run.shapes[id_]}
    assert (precious / "data.txt").exists()


def test_an_interrupted_purge_leaves_the_rest_to_undo(run: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("keepstep.policies.commit.at_once.cores", lambda: 1)
    commit(run.plan(), rescan=run.rescan)
    done: list[str] = []
    purged = purge(
        str(run.root), on_progress=lambda at: done.append(at.id), stop=lambda: done != []
    )
    assert purged.interrupted
    assert done == ["checkpoint-100"]
    assert history(str(run.root))[0].state == "partly purged"
    undone = undo(str(run.root))
    assert set(undone.restored) == {"checkpoint-200", "tf/ckpt-5", "single.pt", "ranks"}
    assert [s.id for s in undone.skipped] == ["checkpoint-100"]


def test_a_name_that_a_server_keeps_in_the_trash_is_told(run: Any) -> None:
    result = commit(run.plan(["single.pt", "checkpoint-100"]), rescan=run.rescan)
    [folder] = run.trash.glob("*/*")
    (folder / ".nfs0000002").write_bytes(b"still open")
    (folder / "notes.txt").write_text("somebody put this here")
    where = f".keepstep/trash/{result.id}/{folder.name}"
    pending = [f"{where}/.nfs0000002: still open in a process", f"{where}/notes.txt: no part of it"]
    assert list(purge(str(run.root)).pending) == pending
    assert list(purge(str(run.root)).pending) == pending
    (folder / ".nfs0000002").unlink()
    (folder / "notes.txt").unlink()
    assert purge(str(run.root)).pending == ()
    assert not list(run.trash.iterdir())


def test_purge_by_age(run: Any) -> None:
    old = commit(run.plan(["checkpoint-100"]), rescan=run.rescan, clock=lambda: 1000.0)
    commit(run.plan(["single.pt"]), rescan=run.rescan, clock=lambda: 5000.0)
    assert purge(str(run.root), older_than=3600, clock=lambda: 5001.0).commits == (old.id,)
    assert undo(str(run.root)).restored == ("single.pt",)


def test_purge_reports_nfs_leftovers_as_pending(run: Any, monkeypatch: Any) -> None:
    result = commit(run.plan(["checkpoint-100"]), rescan=run.rescan)
    folder = run.trash / result.id / "1" / "checkpoint-100" / "global_step"
    (folder / ".nfs0000001").write_bytes(b"still open")
    monkeypatch.setattr("keepstep.policies.commit.erase._PAUSES", (0.0,))
    purged = purge(str(run.root))
    assert len(purged.pending) == 1
    assert "still open" in purged.pending[0]
    assert not pending(str(run.root))
    assert not undo(str(run.root), result.id).restored
    (folder / ".nfs0000001").unlink()
    assert purge(str(run.root)).pending == ()
    assert not list(run.trash.iterdir())


def test_history_names_everything(run: Any) -> None:
    first = commit(run.plan(["checkpoint-100"]), rescan=run.rescan)
    second = commit(run.plan(["single.pt"]), rescan=run.rescan)
    entries = history(str(run.root))
    assert [entry.id for entry in entries] == [second.id, first.id]
    assert [entry.state for entry in entries] == ["in trash", "in trash"]
    assert entries[1].items == 1
    assert entries[1].bytes > 0


def test_unknown_commit_is_refused(run: Any) -> None:
    commit(run.plan(), rescan=run.rescan)
    for action in (undo, purge):
        with pytest.raises(Refusal, match="no commit 'nonsense'"):
            action(str(run.root), commit_id="nonsense")


def test_damaged_journal_blocks_nothing_and_is_left_alone(run: Any) -> None:
    result = commit(run.plan(["checkpoint-100"]), rescan=run.rescan)
    path = run.state / "commits" / f"{result.id}.jsonl"
    path.write_text('{"format": "keepstep/journal", "version": 2}\n')
    assert history(str(run.root))[0].state == "unreadable"
    again = commit(run.plan(["single.pt"]), rescan=run.rescan)
    assert again.trashed == ("single.pt",)
    assert "cannot be read" in again.notes[0]
    assert "left alone" in purge(str(run.root)).notes[-1]
    assert (run.trash / result.id / "1" / "checkpoint-100").exists()


def test_a_journal_cannot_name_paths_outside(run: Any) -> None:
    result = commit(run.plan(["single.pt"]), rescan=run.rescan)
    path = run.state / "commits" / f"{result.id}.jsonl"
    first, *rest = path.read_text().splitlines()
    intent = json.loads(first)
    intent["items"][0]["members"][0]["path"] = "../stolen"
    path.write_text("\n".join([json.dumps(intent), *rest]) + "\n")
    assert undo(str(run.root)).skipped[0].why
    assert not (run.root.parent / "stolen").exists()


def test_a_signal_ends_the_commit_between_two_items(run: Any) -> None:
    def progress(at: Any) -> None:
        if at.done == 2:
            os.kill(os.getpid(), signal.SIGTERM)

    result = commit(run.plan(), rescan=run.rescan, on_progress=progress)
    assert result.interrupted
    assert result.trashed == ("checkpoint-100", "checkpoint-200")
    assert not pending(str(run.root))
    assert undo(str(run.root)).restored == ("checkpoint-200", "checkpoint-100")


def test_nothing_of_ours_lies_in_the_folder_of_accelerate(
    run: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    names = [f"checkpoint_{number}" for number in range(5)]
    project = tmp_path / "project"
    for name in names:
        (project / "checkpoints" / name).mkdir(parents=True)
        (project / "checkpoints" / name / "model.safetensors").write_bytes(b"x")
        monkeypatch.setitem(run.shapes, name, [name])
    inside = type(run)(project / "checkpoints")
    result = commit(inside.plan(names[:3]), rescan=inside.rescan)
    assert result.trashed == tuple(names[:3])
    assert sorted(os.listdir(inside.root)) == names[3:]
    assert history(str(project)) == history(str(inside.root))  # the same state serves both
    assert len(undo(str(project)).restored) == 3
    assert sorted(os.listdir(inside.root)) == names


def test_names_of_commits_sort_by_age() -> None:
    taken: list[str] = []
    for _ in range(20):
        taken.append(new_commit_id(1_700_000_000.0, taken))
    assert taken == sorted(set(taken))
