"""Kill the process at every call that changes the disk; nothing may ever be lost.

A real kill: the work is done in a forked child that sends itself SIGKILL.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from keepstep.policies.commit import at_once, rename
from keepstep.policies.commit.commit import commit
from keepstep.policies.commit.history import history
from keepstep.policies.commit.purge import purge
from keepstep.policies.commit.recovery import pending, recover
from keepstep.policies.commit.undo import undo
from keepstep.policies.refusal import BusyRefusal

MUTATING = (
    *("rename", "fsync", "write", "pwrite", "unlink", "mkdir", "rmdir", "utime", "ftruncate"),
    *("fchmod", "posix_fallocate", "open"),
)
SETS = {"tf/ckpt-5", "ranks"}


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture(autouse=True)
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine even a small run can seem worth a second one, which counts for itself."""
    monkeypatch.setattr(at_once, "cores", lambda: 1)


class Countdown:
    """Kill at the n-th changing call; a write is torn in the middle first when `torn`."""

    def __init__(self, calls: int, *, torn: bool) -> None:
        self.left, self.torn = calls, torn

    def install(self) -> None:
        for name in MUTATING:
            setattr(os, name, self.wrapped(name, getattr(os, name)))
        system_rename = rename._system_rename()
        assert system_rename is not None
        counted = self.wrapped("renameat2", system_rename)
        rename._system_rename = lambda: counted  # type: ignore[assignment]

    def wrapped(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if name == "open" and not args[1] & os.O_CREAT:
                return function(*args, **kwargs)
            self.left -= 1
            if self.left == 0:
                if self.torn and name == "write":
                    function(args[0], bytes(args[1])[: len(args[1]) // 2])
                die()
            return function(*args, **kwargs)

        return call


def survives(calls: int, work: Callable[[], object], *, torn: bool = False) -> bool:
    """Do the work in a child that dies at the n-th call; whether it got to the end."""
    child = os.fork()
    if child == 0:
        try:
            Countdown(calls, torn=torn).install()
            work()
            os._exit(0)
        except BaseException:  # whatever it is, the parent must see it
            import traceback

            traceback.print_exc()
            os._exit(1)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        return False
    assert os.WEXITSTATUS(status) == 0, "the child failed"
    return True


def members_in_place(run: Any, id_: str, shapes: Any) -> list[bool]:
    return [os.path.lexists(run.root / path) for path in shapes[id_]]


@pytest.fixture
def runs(
    make_run: Callable[[Path], Any], tmp_path: Path
) -> Callable[[], tuple[Any, dict[str, object]]]:
    count = 0

    def fresh() -> tuple[Any, dict[str, object]]:
        nonlocal count
        count += 1
        run = make_run(tmp_path / str(count))
        return run, run.snapshot()

    return fresh


def without_parent_times(found: dict[str, Any]) -> dict[str, Any]:
    """After a crash nobody can know whether others changed a parent: its time is not set back."""
    parents = {".", "tf", "rank0", "rank1"}
    return {k: (v[0], *v[2:]) if k in parents else v for k, v in found.items()}


def check_whole(run: Any, original: dict[str, Any]) -> None:
    """Every checkpoint is whole in its place or whole in the trash."""
    now = without_parent_times(run.snapshot())
    trashed = {item for entry in run.trash.glob("*/*/**/*") for item in [entry.name]}
    for path, seen in without_parent_times(original).items():
        if path in now:
            assert now[path] == seen
        else:
            assert os.path.basename(path) in trashed
    for id_ in SETS:
        assert len(set(members_in_place(run, id_, SHAPES))) == 1


SHAPES = {
    "tf/ckpt-5": ["tf/ckpt-5.index", "tf/ckpt-5.data-0", "tf/ckpt-5.data-1"],
    "ranks": ["rank0/model.pt", "rank1/model.pt"],
}


def never_looks_complete(run: Any) -> None:
    for id_ in SETS:
        in_place = members_in_place(run, id_, SHAPES)
        assert not in_place[0] or all(in_place), f"{id_} is torn but shows its first member"


@pytest.mark.parametrize("torn", [False, True])
def test_commit_killed_at_every_call(runs: Any, torn: bool, record_property: Any) -> None:
    calls = 0
    finished = False
    while not finished:
        calls += 1
        run, original = runs()
        plan = run.plan()
        finished = survives(calls, lambda r=run, p=plan: commit(p, rescan=r.rescan), torn=torn)
        never_looks_complete(run)
        pending(str(run.root))
        recover(str(run.root))
        assert not pending(str(run.root))
        assert recover(str(run.root)) == ()
        check_whole(run, original)
        while undo(str(run.root)).restored:
            pass
        assert without_parent_times(run.snapshot()) == without_parent_times(original)
        assert not any(run.trash.glob("*")) if run.trash.exists() else True
    assert calls > 50
    record_property("kill points", calls - 1)


def test_undo_killed_at_every_call(runs: Any, record_property: Any) -> None:
    calls = 0
    finished = False
    while not finished:
        calls += 1
        run, original = runs()
        commit(run.plan(), rescan=run.rescan)
        finished = survives(calls, lambda r=run: undo(str(r.root)))
        never_looks_complete(run)
        recover(str(run.root))
        check_whole(run, original)
        undo(str(run.root))
        assert without_parent_times(run.snapshot()) == without_parent_times(original)
        assert history(str(run.root))[0].state == "undone"
    record_property("kill points", calls - 1)


def test_purge_killed_at_every_call(runs: Any, record_property: Any) -> None:
    calls = 0
    finished = False
    while not finished:
        calls += 1
        run, original = runs()
        commit(run.plan(), rescan=run.rescan)
        left = without_parent_times(run.snapshot())
        finished = survives(calls, lambda r=run: purge(str(r.root)))
        recover(str(run.root))
        undo(str(run.root))  # all of it or nothing
        now = without_parent_times(run.snapshot())
        assert now in (left, without_parent_times(original)) or counts_links_only(now, left)
        assert (run.root.parent / "precious" / "data.txt").read_text() == "never touch"
    assert history(str(run.root))[0].state == "purged"
    record_property("kill points", calls - 1)


def counts_links_only(now: dict[str, Any], left: dict[str, Any]) -> bool:
    """Deleting a hard link in the trash lowers the count of the one that stays."""
    return now.keys() == left.keys() and all(
        [x for i, x in enumerate(now[k]) if i != 3] == [x for i, x in enumerate(left[k]) if i != 3]
        for k in now
    )


def test_recovery_killed_at_every_call(runs: Any, record_property: Any) -> None:
    """Kill a commit inside its sets, then kill the recovery as well."""
    total = 0
    for first in range(40, 75):
        calls = 0
        finished = False
        while not finished:
            calls += 1
            run, original = runs()
            plan = run.plan()
            survives(first, lambda r=run, p=plan: commit(p, rescan=r.rescan))
            finished = survives(calls, lambda r=run: recover(str(r.root)))
            recover(str(run.root))
            check_whole(run, original)
            undo(str(run.root))
            assert without_parent_times(run.snapshot()) == without_parent_times(original)
        total += calls - 1
    record_property("kill points", total)


def test_commit_with_purge_killed_at_every_call(runs: Any, record_property: Any) -> None:
    calls = 0
    finished = False
    while not finished:
        calls += 1
        run, original = runs()
        plan = run.plan()
        finished = survives(calls, lambda r=run, p=plan: commit(p, rescan=r.rescan, purge=True))
        never_looks_complete(run)
        recover(str(run.root))
        assert not pending(str(run.root))
        undo(str(run.root))
        now = run.snapshot()
        kept = {path for path in original if path.startswith(("checkpoint-300", "kept.pt"))}
        assert kept <= now.keys()
        states = {members_in_place(run, id_, SHAPES)[0] for id_ in SETS}
        assert len(states) == 1  # purged altogether, or back altogether
    record_property("kill points", calls - 1)


@pytest.fixture
def two_processes(one_process: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is shared with a second process, however little it is."""
    for name, value in (("_TASTE", 0.0), ("_WORTH_SHARING", 0.0)):
        monkeypatch.setattr(at_once, name, value)
    for name, answer in (("cores", 2), ("may_fork", True)):
        monkeypatch.setattr(at_once, name, lambda answer=answer: answer)


@pytest.mark.usefixtures("two_processes")
def test_two_purging_processes_killed_at_every_call(runs: Any) -> None:
    """Each counts for itself, so one dies, or the other, or both; the lock outlives the first."""
    ends = set()
    for calls in range(40, 130):
        run, original = runs()
        plan = run.plan()
        ends.add(survives(calls, lambda r=run, p=plan: commit(p, rescan=r.rescan, purge=True)))
        never_looks_complete(run)
        recover_once_nobody_holds_the_lock(run)
        undo(str(run.root))
        now = run.snapshot()
        kept = {path for path in original if path.startswith(("checkpoint-300", "kept.pt"))}
        assert kept <= now.keys()
        assert len({members_in_place(run, id_, SHAPES)[0] for id_ in SETS}) == 1
        assert not list(run.trash.glob("*"))
    assert ends == {True, False}


def recover_once_nobody_holds_the_lock(run: Any) -> None:
    for _ in range(200):
        try:
            recover(str(run.root))
        except BusyRefusal:
            time.sleep(0.01)
        else:
            return
    raise AssertionError("the lock is held for ever")
