"""What an interrupted commit leaves is put right at the next start, and told in one line."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from keepstep.policies.commit import rename
from keepstep.policies.commit.commit import commit
from keepstep.policies.commit.history import history
from keepstep.policies.commit.purge import purge
from keepstep.policies.commit.recovery import pending
from keepstep.policies.commit.shortfall import shortfall
from keepstep.policies.commit.undo import undo
from keepstep.tui.cli import cli

FINISHED = "finished what an interrupted commit of "


@pytest.fixture
def interrupted(run: Any) -> Any:
    """A run whose commit was killed at its third move, inside a set."""
    child = os.fork()
    if child == 0:
        real = rename._system_rename()
        assert real is not None
        left = [5]

        def dying(*args: Any) -> int:
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args)

        rename._system_rename = lambda: dying  # type: ignore[assignment]
        commit(run.plan(), rescan=run.rescan)
        os._exit(0)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
    return run


def said(*words: Any) -> tuple[int, str]:
    result = CliRunner().invoke(cli, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


@pytest.mark.parametrize(
    "words", [["scan"], ["plan", "--keep-last", "1"], ["prune", "--keep-last", "1", "--dry-run"]]
)
def test_who_reads_is_told_that_it_waits(interrupted: Any, words: list[str]) -> None:
    before = interrupted.snapshot()
    command, *options = words
    _, text = said(command, interrupted.root, *options)
    today = time.strftime("%Y-%m-%d")
    [line] = [line for line in text.splitlines() if line.startswith("an interrupted commit of")]
    assert line.startswith(f"an interrupted commit of {today} ")
    assert line.endswith(" waits to be put right; the next prune, undo or purge does it")
    assert interrupted.snapshot() == before
    assert pending(str(interrupted.root))


@pytest.mark.parametrize(
    "words",
    [
        ["prune", "--keep-last", "50", "-y"],
        ["undo"],
        ["purge", "--older-than", "1d", "-y"],
        ["pin", "kept.pt"],
    ],
)
def test_who_writes_puts_it_right_and_tells(interrupted: Any, words: list[str]) -> None:
    (interrupted.root / "kept.pt").rename(interrupted.root / "epoch_1.pth")
    command, *options = words
    code, text = said(
        command, interrupted.root, *(o.replace("kept.pt", "epoch_1.pth") for o in options)
    )
    assert code in (0, 2), text
    lines = [line for line in text.splitlines() if FINISHED in line]
    assert len(lines) == 1, text
    assert " in the trash, " in lines[0]
    assert not pending(str(interrupted.root))


def test_nothing_is_told_of_what_is_still_at_work(run: Any) -> None:
    seen: list[str] = []

    def progress(_: Any) -> None:
        child = os.fork()
        if child == 0:
            os._exit(0 if pending(str(run.root)) == "" else 1)
        seen.append(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])))

    commit(run.plan(), rescan=run.rescan, on_progress=progress)
    assert set(seen) == {"0"}


def test_an_undo_that_was_cut_short_is_the_one_that_is_meant(run: Any, monkeypatch: Any) -> None:
    older = commit(run.plan(["single.pt"]), rescan=run.rescan)
    newer = commit(run.plan(["checkpoint-100"]), rescan=run.rescan)
    with monkeypatch.context() as patch:
        patch.setattr("keepstep.policies.commit.undo.restore", _killed)
        with pytest.raises(KeyboardInterrupt):
            undo(str(run.root))
    assert "interrupted undo" in pending(str(run.root))
    result = undo(str(run.root))
    assert result.id == newer.id
    assert "finished what an interrupted undo of " in result.notes[0]
    assert (run.root / "checkpoint-100").exists()
    assert {one.id: one.state for one in history(str(run.root))} == {
        older.id: "in trash",
        newer.id: "undone",
    }
    assert said("undo", run.root)[1].startswith("put back 1 checkpoint")


def _killed(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def test_a_purge_of_what_cannot_be_put_right_says_so(interrupted: Any, monkeypatch: Any) -> None:
    real = rename._system_rename()
    monkeypatch.setattr(rename, "_system_rename", lambda: lambda *_: 5)
    code, text = said("purge", interrupted.root, "-y")
    assert code == 1
    assert "nothing was purged" in text
    assert "was left alone: its commit was interrupted and cannot be put right yet" in text
    monkeypatch.setattr(rename, "_system_rename", lambda: real)
    code, text = said("purge", interrupted.root, "-y")
    assert code == 0
    assert FINISHED in text
    assert "purged " in text


def test_a_purge_says_who_holds_what_it_deleted(run: Any) -> None:
    big = run.root / "single.pt"
    big.write_bytes(os.urandom(4 << 20))
    with open(big, "rb") as held:
        commit(run.plan(["single.pt"]), rescan=run.rescan)
        result = purge(str(run.root))
        assert held.read(1)
    [sentence] = result.less
    assert f"pid {os.getpid()} ({_own_name()}) still has deleted files open, 4.19 MB" in sentence


def _own_name() -> str:
    return Path("/proc/self/comm").read_text().strip()


def test_a_purge_says_what_other_links_keep(run: Any) -> None:
    big = run.root / "single.pt"
    big.write_bytes(os.urandom(4 << 20))
    os.link(big, run.root.parent / "elsewhere.pt")
    commit(run.plan(["single.pt"]), rescan=run.rescan)
    result = purge(str(run.root))
    assert result.linked == result.bytes_promised >= 4 << 20
    assert "has further hard links, and returns with the last" in result.less[0]


@pytest.mark.parametrize(
    ("promised", "linked", "measured", "pending_paths", "words"),
    [
        (10**9, 0, 10**9, [], ()),
        (10**9, 0, 2 * 10**9, [], ()),
        (10**6, 0, 0, [], ()),  # less than others write in passing
        (10**9, 0, 4 * 10**8, [], ("600 MB less than promised: a snapshot",)),
        (10**9, 10**9, -5, [], ("1.00 GB less than promised: up to 1.00 GB",)),
        (10**9, 0, 0, ["x"], ("1.00 GB less than promised: what is pending",)),
    ],
)
def test_why_less_is_free(
    tmp_path: Path,
    promised: int,
    linked: int,
    measured: int,
    pending_paths: list[str],
    words: tuple[str, ...],
) -> None:
    found = shortfall(str(tmp_path), promised, linked, measured, pending_paths)
    assert len(found) == len(words)
    assert all(one.startswith(start) for one, start in zip(found, words, strict=True))
