"""One committer at a time, no unsafe root, and a clear sentence where nothing can be written."""

from __future__ import annotations

import errno
import multiprocessing
import os
import pwd
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from keepstep.policies.commit.commit import commit
from keepstep.policies.commit.lock import hold
from keepstep.policies.commit.purge import purge
from keepstep.policies.commit.recovery import pending
from keepstep.policies.commit.safety import refuse_root
from keepstep.policies.commit.state import open_for_writing
from keepstep.policies.commit.undo import undo
from keepstep.policies.pins import pin
from keepstep.policies.refusal import BusyRefusal, Refusal, RootRefusal

NOBODY = 65534
needs_root = pytest.mark.skipif(os.getuid() != 0, reason="mounts and other users need root")


def test_two_commits_at_once(run: Any) -> None:
    context = multiprocessing.get_context("fork")
    plan = run.plan()
    answers = context.Queue()
    moving, go_on = context.Event(), context.Event()

    def first() -> None:
        def progress(_: Any) -> None:
            moving.set()
            go_on.wait(20)

        answers.put(len(commit(plan, rescan=run.rescan, on_progress=progress).trashed))

    child = context.Process(target=first)
    child.start()
    assert moving.wait(20)
    for action in (lambda: commit(plan, rescan=run.rescan), lambda: undo(str(run.root))):
        with pytest.raises(BusyRefusal, match=rf"\(pid {child.pid}\) has been committing here"):
            action()
    go_on.set()
    assert answers.get(timeout=20) == 5
    child.join()
    late = commit(plan, rescan=run.rescan)
    assert {skipped.why for skipped in late.skipped} == {"vanished"}


def test_racing_commits_move_everything_once(run: Any) -> None:
    context = multiprocessing.get_context("fork")
    plan, answers = run.plan(), context.Queue()
    barrier = context.Barrier(6)

    def racer() -> None:
        barrier.wait()
        try:
            answers.put(len(commit(plan, rescan=run.rescan).trashed))
        except BusyRefusal:
            answers.put(0)

    children = [context.Process(target=racer) for _ in range(6)]
    for child in children:
        child.start()
    moved = [answers.get(timeout=30) for _ in children]
    for child in children:
        child.join()
    assert sum(moved) == 5
    assert not pending(str(run.root))


def test_lock_without_words_is_still_a_lock(run: Any) -> None:
    with open_for_writing(str(run.root)) as state, hold(state.tree, ".keepstep", "committing"):
        (run.state / "lock").write_bytes(b"\xff garbage")
        with pytest.raises(BusyRefusal, match="somebody else"):
            commit(run.plan(), rescan=run.rescan)


@pytest.mark.parametrize("root", ["/", "/usr", "/etc", "/var", "/proc", "/opt", "/home", "/root"])
def test_system_directories_are_refused(root: str) -> None:
    if not os.path.isdir(root):
        pytest.skip("not on this machine")
    with pytest.raises(RootRefusal, match=r"system|home|cannot be read"):
        refuse_root(root)


def test_homes_and_what_holds_them_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "people" / "amy"
    (home / "run7").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    for root in (home, home.parent):
        with pytest.raises(RootRefusal, match="home directory"):
            refuse_root(str(root))
    link = tmp_path / "link"
    link.symlink_to(home)
    with pytest.raises(RootRefusal, match="home directory"):
        refuse_root(str(link))
    with pytest.raises(RootRefusal, match="home directory"):
        refuse_root(str(home / "run7" / ".."))
    refuse_root(str(home / "run7"))
    monkeypatch.delenv("HOME")
    with pytest.raises(RootRefusal):
        refuse_root(pwd.getpwuid(os.getuid()).pw_dir)


def test_unusable_roots_are_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / ".keepstep" / "trash").mkdir(parents=True)
    for name, words in {
        "missing": "does not exist",
        "file": "is a file",
        "dangling": "leads nowhere",
        ".keepstep": "belongs to keepstep",
        ".keepstep/trash": "belongs to keepstep",
    }.items():
        with pytest.raises(RootRefusal, match=words):
            refuse_root(str(tmp_path / name))


def test_a_state_directory_that_is_a_link_is_refused(run: Any, precious: Path) -> None:
    run.state.symlink_to(precious)
    with pytest.raises(Refusal, match="cannot write"):
        commit(run.plan(), rescan=run.rescan)
    with pytest.raises(Refusal, match="cannot write"):
        pin(run.catalog(), ["single.pt"])
    assert os.listdir(precious) == ["data.txt"]


def as_nobody(work: Any) -> str:
    """The refusal that `work` meets as a user without rights; "" when there is none."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        if os.getuid() == 0:
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        try:
            answer = str(work() or "")
        except Refusal as refusal:
            answer = str(refusal)
        except BaseException as error:
            answer = f"crash: {error!r}"
        os.write(writer, answer.encode())
        os._exit(0)
    os.close(writer)
    with open(reader) as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return answer


@pytest.fixture
def open_run(make_run: Any) -> Iterator[Any]:
    """A run below a directory that everybody may enter."""
    import shutil
    import tempfile

    place = Path(tempfile.mkdtemp())
    place.chmod(0o755)
    yield make_run(place / "x")
    place.chmod(0o755)
    shutil.rmtree(place)


@needs_root
def test_an_unwritable_directory_is_refused_and_untouched(open_run: Any) -> None:
    before, plan = open_run.snapshot(), open_run.plan()
    answer = as_nobody(lambda: commit(plan, rescan=open_run.rescan))
    assert "cannot write in" in answer
    assert "Permission denied" in answer
    assert "nothing was moved" in answer
    answer = as_nobody(lambda: pin(open_run.catalog(), ["single.pt"]))
    assert "cannot write pins" in answer
    assert open_run.snapshot() == before
    commit(plan, rescan=open_run.rescan)
    for action in (undo, purge):
        assert "cannot lock" in as_nobody(lambda a=action: a(str(open_run.root)))


@pytest.mark.parametrize("error", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EIO])
def test_without_a_lock_nothing_moves(run: Any, monkeypatch: Any, error: int) -> None:
    def refuses(fd: int, how: int) -> None:
        raise OSError(error, os.strerror(error))

    before = set(run.snapshot())
    with monkeypatch.context() as patch:
        patch.setattr("fcntl.flock", refuses)
        with pytest.raises(Refusal, match="nothing is moved: two commits at once") as refused:
            commit(run.plan(), rescan=run.rescan)
    assert ("Lustre with -o flock" in str(refused.value)) == (error != errno.EIO)
    assert set(run.snapshot()) == before
    assert len(commit(run.plan(), rescan=run.rescan).trashed) == 5


@needs_root
def test_a_colleague_on_another_host_may_undo(open_run: Any, monkeypatch: Any) -> None:
    for path in [open_run.root, *open_run.root.rglob("*")]:
        if not path.is_symlink():
            os.chown(path, 0, NOBODY)
            path.chmod(path.stat().st_mode | (0o2070 if path.is_dir() else 0o060))
    before = set(open_run.snapshot())
    assert len(commit(open_run.plan(), rescan=open_run.rescan).trashed) == 5
    monkeypatch.setattr("keepstep.policies.commit.lock.host_name", lambda: "another-host")
    answer = as_nobody(lambda: " ".join(sorted(undo(str(open_run.root)).restored)))
    assert answer == "checkpoint-100 checkpoint-200 ranks single.pt tf/ckpt-5"
    assert set(open_run.snapshot()) == before
    assert not pending(str(open_run.root))


@needs_root
def test_one_unwritable_folder_costs_only_its_checkpoint(open_run: Any) -> None:
    for folder in (open_run.root, open_run.root / "rank0", open_run.root / "rank1"):
        os.chown(folder, NOBODY, NOBODY)
    for path in open_run.root.rglob("checkpoint-*"):
        os.chown(path, NOBODY, NOBODY)
    plan = open_run.plan()  # "tf" stays root's

    def work() -> str:
        result = commit(plan, rescan=open_run.rescan)
        assert len(result.trashed) == 4, result
        return f"{result.skipped[0].id}: {result.skipped[0].why}"

    assert as_nobody(work) == "tf/ckpt-5: Permission denied"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "small"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]
    if subprocess.run(command, capture_output=True).returncode:
        pytest.skip("cannot mount")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(place: Path) -> None:
    with open(place / "filler", "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass


@needs_root
def test_a_full_disk_is_refused_or_served_from_the_reserve(small_disk: Path, make_run: Any) -> None:
    run = make_run(small_disk / "x")
    before = run.snapshot()
    fill(small_disk)
    with pytest.raises(Refusal, match=r"no room is left|cannot be written"):
        commit(run.plan(["checkpoint-100"]), rescan=run.rescan)
    assert run.snapshot()["checkpoint-100"] == before["checkpoint-100"]
    (small_disk / "filler").unlink()
    commit(run.plan(["checkpoint-100"]), rescan=run.rescan)  # holds room back
    fill(small_disk)
    result = commit(run.plan(["checkpoint-200", "single.pt"]), rescan=run.rescan)
    assert len(result.trashed) == 2
    fill(small_disk)
    assert len(purge(str(run.root)).commits) == 2


@needs_root
def test_a_checkpoint_on_another_filesystem_is_skipped(run: Any) -> None:
    place = run.root / "rank1"
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(place)], check=True)
    try:
        (place / "model.pt").write_bytes(b"x")
        result = commit(run.plan(["ranks", "single.pt"]), rescan=run.rescan)
    finally:
        subprocess.run(["umount", str(place)], check=True)
    assert result.trashed == ("single.pt",)
    assert result.skipped[0].why == "on another filesystem"
    assert (run.root / "rank0" / "model.pt").exists()


@needs_root
def test_a_mount_inside_a_checkpoint_is_never_purged(run: Any, precious: Path) -> None:
    place = run.root / "checkpoint-100" / "global_step" / "deep"
    subprocess.run(["mount", "--bind", str(precious), str(place)], check=True)
    try:
        result = commit(run.plan(["checkpoint-100"]), rescan=run.rescan, purge=True)
    finally:
        subprocess.run(["umount", str(place)], check=True)
    assert result.skipped[0].why == "something is mounted inside it"
    assert (precious / "data.txt").exists()


def test_importing_the_core_stays_cheap() -> None:
    code = (
        "import sys, keepstep.policies.commit.recovery, keepstep.policies.commit.safety;"
        "print(sorted({'msgspec', 'ctypes', 'textual'} & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"
