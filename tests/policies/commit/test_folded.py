"""Journals of long ago become lines of one file; history and undo still say the truth."""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from keepstep.policies.commit import folded
from keepstep.policies.commit.commit import commit
from keepstep.policies.commit.descent import Tree
from keepstep.policies.commit.history import history, in_trash
from keepstep.policies.commit.purge import purge
from keepstep.policies.commit.undo import undo
from keepstep.policies.refusal import Refusal

IDS = ("checkpoint-100", "checkpoint-200", "single.pt", "tf/ckpt-5", "ranks")
PURGED, UNDONE, HELD = IDS[:2], IDS[2:3], IDS[3:]


@pytest.fixture(autouse=True)
def few_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folded, "KEPT", 1)
    monkeypatch.setattr(folded, "_MORE", 1)


@pytest.fixture
def old(run: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Two commits that were purged, one that was undone, two in the trash; none folded yet."""
    return aged(run, monkeypatch)


def aged(run: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    with monkeypatch.context() as patch:
        patch.setattr(folded, "_MORE", 100)
        for one in IDS:
            done = commit(run.plan([one]), rescan=run.rescan)
            assert done.trashed == (one,)
            if one in PURGED:
                purge(str(run.root), commit_id=done.id)
            if one in UNDONE:
                undo(str(run.root))
    return run


def journals(run: Any) -> list[str]:
    return sorted(path.stem for path in (run.state / "commits").glob("*.jsonl"))


def purge_nothing(run: Any) -> None:
    assert purge(str(run.root), older_than=86_400).commits == ()


def test_history_is_the_same_before_and_after(old: Any) -> None:
    before = history(str(old.root))
    assert [one.state for one in before] == ["in trash"] * 2 + ["undone"] + ["purged"] * 2
    held = in_trash(str(old.root))
    assert [one.is_in_trash for one in before] == [True, True, False, False, False]
    purge_nothing(old)
    assert journals(old) == sorted(one.id for one in before[:2])
    assert history(str(old.root)) == before
    assert in_trash(str(old.root)) == held == before[:2]
    lines = (old.state / "history.jsonl").read_bytes()
    purge_nothing(old)
    assert (old.state / "history.jsonl").read_bytes() == lines


def test_undo_of_a_commit_of_long_ago(old: Any) -> None:
    known = history(str(old.root))
    before = old.snapshot()
    purge_nothing(old)
    with pytest.raises(Refusal, match=r"cannot be undone: it was purged on 20\d\d-"):
        undo(str(old.root), known[-1].id)
    again = undo(str(old.root), known[2].id)
    assert (again.id, again.restored, again.skipped) == (known[2].id, (), ())
    with pytest.raises(Refusal, match="no commit 'no-such'"):
        undo(str(old.root), "no-such")
    assert purge(str(old.root), commit_id=known[-1].id).commits == ()
    assert old.snapshot() == before
    for _ in HELD:
        assert undo(str(old.root)).restored
    assert all((old.root / path).exists() for one in HELD for path in old.shapes[one])


def test_what_was_put_back_in_part_is_told(old: Any) -> None:
    both = commit(old.plan(["checkpoint-300", "kept.pt"]), rescan=old.rescan)
    (old.root / "kept.pt").touch()  # so it cannot come back
    assert undo(str(old.root), both.id).restored == ("checkpoint-300",)
    assert history(str(old.root))[0].state == "partly undone"
    purge(str(old.root))
    entry = history(str(old.root))[0]
    assert (entry.state, entry.is_in_trash) == ("partly undone, the rest purged", False)


def test_nothing_is_folded_while_something_waits_to_be_put_right(old: Any) -> None:
    before = journals(old)
    newest = old.state / "commits" / f"{before[-1]}.jsonl"
    with newest.open("ab") as file:
        file.write(b'{"line":"purged"')  # torn
    with_tree(old, folded.fold)
    assert journals(old) == before


def test_a_line_that_cannot_be_read_hides_no_other(old: Any) -> None:
    purge_nothing(old)
    good = history(str(old.root))
    with (old.state / "history.jsonl").open("ab") as file:
        file.write(b'not json\n{"format":"other"}\n{"format":"keep')
    found = history(str(old.root))
    assert [one for one in found if one.state != "unreadable"] == list(good)
    assert len(found) == len(good) + 1


def with_tree(run: Any, action: Any) -> None:
    tree = Tree(str(run.root))
    try:
        action(tree)
    finally:
        tree.close()


@pytest.mark.parametrize("torn", [False, True])
def test_killed_at_every_call(
    make_run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, torn: bool
) -> None:
    calls, finished = 0, False
    while not finished:
        calls += 1
        run = aged(make_run(tmp_path / str(calls)), monkeypatch)
        before = history(str(run.root))
        finished = _survives(run, calls, torn=torn)
        assert history(str(run.root)) == before
        purge_nothing(run)
        assert history(str(run.root)) == before
        assert len(journals(run)) == 2
        assert len(undo(str(run.root)).restored) == 1
    assert calls > 6


def _survives(run: Any, calls: int, *, torn: bool) -> bool:
    """Fold in a child that dies at the n-th call that changes the disk."""
    child = os.fork()
    if child == 0:
        left = [calls]

        def wrapped(name: str, function: Any) -> Any:
            def call(*args: Any, **kwargs: Any) -> Any:
                left[0] -= 1
                if left[0] == 0:
                    if torn and name == "write":
                        function(args[0], bytes(args[1])[: len(args[1]) // 2])
                    os.kill(os.getpid(), signal.SIGKILL)
                return function(*args, **kwargs)

            return call

        for name in ("open", "write", "fsync", "unlink", "fchmod", "ftruncate"):
            setattr(os, name, wrapped(name, getattr(os, name)))
        with_tree(run, folded.fold)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    return not os.WIFSIGNALED(status)


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EACCES])
@pytest.mark.parametrize("name", ["open", "write", "fsync", "unlink"])
def test_a_fault_leaves_it_for_the_next_time(
    old: Any, monkeypatch: pytest.MonkeyPatch, name: str, error: int
) -> None:
    before = history(str(old.root))
    function = getattr(os, name)
    for nth in range(1, 40):
        left = [nth]

        def fails(*args: Any, left: list[int] = left, **kwargs: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                raise OSError(error, os.strerror(error))
            return function(*args, **kwargs)

        tree = Tree(str(old.root))
        with monkeypatch.context() as patch:
            patch.setattr(os, name, fails)
            folded.fold(tree)
        tree.close()
        assert history(str(old.root)) == before
        if left[0] > 0:
            break
    with_tree(old, folded.fold)
    assert len(journals(old)) == 2
    assert history(str(old.root)) == before
