"""Work that is shared with a second process: the same answers, whatever becomes of either."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from keepstep.policies.catalog.listing import Names, Stat
from keepstep.policies.catalog.model import Kind
from keepstep.policies.commit.at_once import Work, each
from keepstep.policies.commit.look_packing import Packing
from keepstep.policies.commit.outcome import CHANGED, Unmoved, why
from keepstep.policies.commit.second_look import Look
from keepstep.policies.commit.second_process import Shared

ITEMS = list(range(60))


@pytest.fixture(autouse=True)
def no_child_is_left() -> Iterator[None]:
    before = _children()
    yield
    assert _children() == before


def _children() -> str:
    return Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text()


def shared(work: Any, asked: Any = lambda: False, items: Any = ITEMS) -> list[Any]:
    return list(Shared(Work(work), items, asked).run())


def slowly(item: int) -> tuple[int, int]:
    time.sleep(0.001)
    return item * item, os.getpid()


def test_answers_come_in_order_and_from_both() -> None:
    found = shared(slowly)
    assert [(item, square) for item, (square, _) in found] == [(i, i * i) for i in ITEMS]
    assert len({pid for _, (_, pid) in found}) == 2


def test_more_items_than_numbers_fit_into_a_pipe() -> None:
    many = list(range(5000))
    assert shared(lambda item: -item, items=many) == [(item, -item) for item in many]


@pytest.mark.parametrize("ending", ["killed", "raises"])
def test_what_a_lost_child_took_is_done_here(ending: str) -> None:
    here = os.getpid()

    def work(item: int) -> int:
        if os.getpid() != here and item > 10:
            if ending == "raises":
                raise MemoryError
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.001)
        return -item

    assert shared(work) == [(item, -item) for item in ITEMS]


def test_whoever_stops_gets_what_was_done(tmp_path: Path) -> None:
    def work(item: int) -> int:
        (tmp_path / str(item)).touch()
        time.sleep(0.002)
        return item

    answers: list[int] = []
    for item, _ in Shared(Work(work), ITEMS, lambda: len(answers) > 4).run():
        answers.append(item)
    assert 5 <= len(answers) < len(ITEMS)
    assert {int(path.name) for path in tmp_path.iterdir()} == set(answers)


def test_nothing_goes_on_behind_the_back_of_who_leaves_early(tmp_path: Path) -> None:
    def work(item: int) -> int:
        (tmp_path / str(item)).touch()
        time.sleep(0.002)
        return item

    for _ in Shared(Work(work), ITEMS, lambda: False).run():
        break
    left = len(list(tmp_path.iterdir()))
    time.sleep(0.05)
    assert len(list(tmp_path.iterdir())) == left < len(ITEMS)


def test_a_parent_that_dies_takes_its_child_along(tmp_path: Path) -> None:
    def work(item: int) -> int:
        (tmp_path / str(item)).touch()
        time.sleep(0.005)
        if os.getpid() == parent and item > 5:
            os.kill(os.getpid(), signal.SIGKILL)
        return item

    reader, writer = os.pipe()
    if (child := os.fork()) == 0:
        parent = os.getpid()
        shared(work)
    os.close(writer)
    os.waitpid(child, 0)
    assert os.read(reader, 1) == b""  # comes when the last process has ended
    os.close(reader)
    assert len(list(tmp_path.iterdir())) < 20


def test_only_much_work_is_shared_and_never_that_of_a_process_with_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("keepstep.policies.commit.at_once.cores", lambda: 2)
    monkeypatch.setattr("keepstep.policies.commit.at_once.may_fork", lambda: True)
    monkeypatch.setattr("keepstep.policies.commit.at_once._WORTH_SHARING", 60.0)
    assert len({pid for _, (_, pid) in each(Work(slowly), ITEMS, slow=False)}) == 1
    monkeypatch.setattr("keepstep.policies.commit.at_once._WORTH_SHARING", 0.0)
    assert len({pid for _, (_, pid) in each(Work(slowly), ITEMS, slow=False)}) == 2
    monkeypatch.setattr("keepstep.policies.commit.at_once.may_fork", lambda: False)
    assert len({pid for _, (_, pid) in each(Work(slowly), ITEMS, slow=False)}) == 1
    threads = set()

    def in_threads(item: int) -> None:
        threads.add(threading.get_ident())
        time.sleep(0.001)

    work = Work(in_threads, in_threads=True)
    assert [item for item, _ in each(work, ITEMS, slow=False)] == ITEMS
    assert len(threads) == 3  # the first few here, the rest in two


def test_a_look_comes_through_as_it_was() -> None:
    odd = os.fsdecode(b"odd-\xff.bin")
    names = Names({"model.bin": Kind.FILE, odd: Kind.LINK, "deep": Kind.DIRECTORY})
    stat = Stat(Kind.DIRECTORY, 1, 2, 2**62, 2**63, 2**63 + 5, 7)
    look = Look((stat,), "identity", {"a": names, f"a/{odd}": names})
    packing, unpacking = Packing(), Packing()
    for _ in range(2):  # the second time the names are known
        found = unpacking.unpack(packing.pack(look))
        assert isinstance(found, Look)
        assert (found.top, found.identity) == (look.top, look.identity)
        assert {path: one.kinds for path, one in found.listings.items()} == dict.fromkeys(
            look.listings, names.kinds
        )
    for error in (Unmoved(CHANGED), PermissionError(13, "Permission denied"), OSError("odd")):
        found = unpacking.unpack(packing.pack(error))
        assert isinstance(found, OSError)
        assert (type(found), why(found)) == (type(error), why(error))
