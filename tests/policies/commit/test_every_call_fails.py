"""Every call to the disk fails once, the reading ones too, with what disks and servers answer.

In one process and with every call counted, so that each is really met; the attack under
tests/attack does the same from outside to the calls that change something. All of them:

    KEEPSTEP_EVERY_CALL=1 python -m pytest tests/policies/commit/test_every_call_fails.py
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from keepstep.policies.commit import rename
from keepstep.policies.commit.commit import commit
from keepstep.policies.commit.purge import purge
from keepstep.policies.commit.recovery import pending, recover
from keepstep.policies.commit.undo import undo
from keepstep.policies.refusal import Refusal

CALLS = (
    *("stat", "open", "scandir", "listdir", "readlink", "fstat", "pread", "dup"),
    *("fsync", "write", "unlink", "mkdir", "rmdir", "utime", "ftruncate", "fchmod"),
)
ERRORS = (errno.EIO, errno.ESTALE, errno.ENOENT)
EVERY = int(os.environ.get("KEEPSTEP_EVERY_CALL", "7"))  # 1: all of them, in minutes
KEPT = ("checkpoint-300", "kept.pt")


class Fault:
    """The n-th call raises; with `late` the n-th rename, which is carried out all the same."""

    def __init__(self, left: int, error: int, *, late: bool) -> None:
        self.left, self.error, self.late = left, error, late

    def of(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.left -= not self.late and _is_ours(sys._getframe(1).f_globals["__name__"])
            if self.left == 0:
                self.left = -1
                raise OSError(self.error, os.strerror(self.error))
            return function(*args, **kwargs)

        return call

    def of_rename(self, function: Callable[..., int]) -> Callable[..., int]:
        def call(*args: Any) -> int:
            self.left -= 1
            if self.left == 0:
                self.left = -1
                if self.late:
                    function(*args)
                return self.error
            return function(*args)

        return call


def _is_ours(module: str) -> bool:
    """Python's own library uses the same calls, and the homes of users are not the run's."""
    ours = module.startswith("keepstep.policies.commit.")
    return ours and module != "keepstep.policies.commit.safety"


@contextmanager
def failing(fault: Fault) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        real = rename._system_rename()
        assert real is not None
        for name in CALLS:
            patch.setattr(os, name, fault.of(getattr(os, name)))
        counted = fault.of_rename(real)
        patch.setattr(rename, "_system_rename", lambda: counted)
        patch.setattr("keepstep.policies.commit.erase._PAUSES", (0.0,))
        patch.setattr("keepstep.policies.commit.at_once.cores", lambda: 1)
        yield


def loose(seen: dict[str, Any], *, links: bool = True) -> dict[str, Any]:
    """Without times of parents, and perhaps without the counts of links."""
    parents = {".", "tf", "rank0", "rank1"}
    return {
        name: (v[0], None if name in parents else v[1], v[2], v[3] if links else None, v[4])
        for name, v in seen.items()
    }


def _commit(run: Any) -> object:
    return commit(run.plan(), rescan=run.rescan)


def _undo(run: Any) -> object:
    return undo(str(run.root))


def _purge(run: Any) -> object:
    return purge(str(run.root))


def _ready(run: Any) -> None:
    commit(run.plan(), rescan=run.rescan)


@pytest.mark.parametrize(
    ("ready", "work", "late"),
    [
        (None, _commit, False),
        (None, _commit, True),
        (_ready, _undo, False),
        (_ready, _undo, True),
        (_ready, _purge, False),
    ],
)
def test_nothing_is_lost(
    make_run: Callable[[Path], Any],
    tmp_path: Path,
    record_property: Any,
    ready: Callable[[Any], None] | None,
    work: Callable[[Any], object],
    late: bool,
) -> None:
    number, met, every = 0, True, 1 if late else EVERY
    while met:
        number += every
        run = make_run(tmp_path / str(number))
        before = run.snapshot()
        if ready:
            ready(run)
        plan = run.plan() if work is _commit else None
        fault = Fault(number, ERRORS[number % len(ERRORS)], late=late)
        with failing(fault):
            try:
                commit(plan, rescan=run.rescan) if plan else work(run)
            except (Refusal, OSError):  # a command words both
                pass
        met = fault.left < 0
        where = f"call {number}, {os.strerror(fault.error)}"
        recover(str(run.root))
        assert not pending(str(run.root)), where
        while undo(str(run.root)).restored:
            pass
        now = loose(run.snapshot(), links=work is not _purge)
        then = loose(before, links=work is not _purge)
        if work is not _purge:
            assert now == then, where
        else:
            for id_, paths in run.shapes.items():
                here = {n: v for n, v in now.items() if belongs(n, paths)}
                whole = {n: v for n, v in then.items() if belongs(n, paths)}
                assert here == whole or (not here and id_ not in KEPT), f"{where}: {id_}"
    record_property("calls tried", number // every - 1)
    assert number > (5 if late else 100)


def belongs(name: str, paths: Any) -> bool:
    return any(name == path or name.startswith(path + "/") for path in paths)
