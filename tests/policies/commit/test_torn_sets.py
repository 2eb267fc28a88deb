"""A set of which a part is in place and a part in the trash never loses that part to a purge."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from keepstep.policies.commit import journal, rename
from keepstep.policies.commit.commit import commit
from keepstep.policies.commit.history import history
from keepstep.policies.commit.purge import purge
from keepstep.policies.commit.records import Event
from keepstep.policies.commit.recovery import pending, recover
from keepstep.policies.commit.state import open_for_writing
from keepstep.policies.commit.undo import undo

Fail = Callable[[Callable[[bytes], int]], None]


@pytest.fixture
def fail(monkeypatch: pytest.MonkeyPatch) -> Fail:
    """Let renames fail, by the name they move."""
    real = rename._system_rename()
    assert real is not None

    def install(error_of: Callable[[bytes], int]) -> None:
        def system_rename(a: int, source: bytes, b: int, target: bytes) -> int:
            return error_of(source) or real(a, source, b, target)

        monkeypatch.setattr(rename, "_system_rename", lambda: system_rename)

    return install


def undo_cut_short_in_a_set(run: Any) -> Path:
    """The set `tf/ckpt-5` as a kill leaves it: its last piece back, the others in the trash."""
    result = commit(run.plan(["tf/ckpt-5"]), rescan=run.rescan)
    with open_for_writing(str(run.root)) as state:
        intent = Event("undo-intent", 0.0, items=(1,), settled=False)
        journal.append(state.tree, result.id, intent)
    folder: Path = run.trash / result.id / "1"
    os.rename(folder / "ckpt-5.data-1", run.root / "tf" / "ckpt-5.data-1")
    return folder


def test_a_commit_that_tore_a_set_purges_nothing(run: Any, fail: Fail) -> None:
    before = run.snapshot()
    seen: list[bytes] = []

    def error_of(source: bytes) -> int:
        seen.append(source)
        back = source == b"ckpt-5.index" and seen.count(source) == 2
        return 5 if back or source == b"ckpt-5.data-0" else 0

    fail(error_of)
    result = commit(run.plan(["tf/ckpt-5", "single.pt"]), rescan=run.rescan, purge=True)
    assert not result.purged
    assert not result.interrupted
    assert "put right first" in result.notes[-1]
    fail(lambda _: 0)
    assert pending(str(run.root))
    recover(str(run.root))
    undo(str(run.root))
    assert run.snapshot().keys() == before.keys()


def test_a_commit_whose_end_is_not_written_purges_nothing(run: Any, monkeypatch: Any) -> None:
    before = run.snapshot()
    append = journal.append

    def failing(tree: Any, commit_id: str, event: Event) -> None:
        if event.line == "result":
            raise OSError(5, "Input/output error")
        append(tree, commit_id, event)

    with monkeypatch.context() as patch:
        patch.setattr(journal, "append", failing)
        result = commit(run.plan(), rescan=run.rescan, purge=True)
    assert len(result.trashed) == 5
    assert not result.purged
    assert history(str(run.root))[0].state == "interrupted"
    assert len(undo(str(run.root)).restored) == 5
    assert run.snapshot().keys() == before.keys()


def test_an_undo_cut_short_goes_back_to_the_trash_when_the_place_is_taken(run: Any) -> None:
    before = run.snapshot()
    folder = undo_cut_short_in_a_set(run)
    newer = run.root / "tf" / "ckpt-5.index"
    newer.write_text("newer")
    recover(str(run.root))
    assert not pending(str(run.root))
    assert len(os.listdir(folder)) == 3
    assert sorted(os.listdir(run.root / "tf")) == ["ckpt-5.index"]
    assert newer.read_text() == "newer"
    newer.unlink()
    assert undo(str(run.root)).restored == ("tf/ckpt-5",)
    assert run.snapshot().keys() == before.keys()


def test_a_purge_leaves_the_rest_of_a_torn_set_alone(run: Any, fail: Fail) -> None:
    folder = undo_cut_short_in_a_set(run)
    fail(lambda source: 5 if source.startswith(b"ckpt-5") else 0)
    result = purge(str(run.root))
    assert result.commits == ()
    assert "cannot be put right yet" in result.left[-1]
    assert len(os.listdir(folder)) == 2
    fail(lambda _: 0)
    undo(str(run.root))
    assert len(os.listdir(run.root / "tf")) == 3
