"""What the watch takes for news, one look at a time."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest
from keepstep.policies.catalog.scan import scan
from keepstep.tui.review.watch import Watch, places_of

from ..policies.trees import hugging_face


@pytest.fixture
def run(tmp_path: Path) -> Path:
    hugging_face(tmp_path / "a" / "run7", [100, 200])
    for folder in (tmp_path, *tmp_path.rglob("*")):
        os.utime(folder, (1e9, 1e9))
    return tmp_path


def _watching(run: Path) -> Watch:
    watch = Watch()
    watch.look_at([str(run), str(run / "a" / "run7")], since=time.time())
    return watch


def test_it_looks_at_the_folders_on_the_way(run: Path):
    places = places_of(scan(str(run)), now=time.time())
    assert places == (str(run) + "/", str(run / "a"), str(run / "a" / "run7"))


def test_what_is_being_written_is_looked_at_too(run: Path):
    growing = run / "a" / "run7" / "checkpoint-300"
    growing.mkdir()
    (growing / "model.safetensors").write_bytes(b"")
    found = scan(str(run))
    assert str(growing) in places_of(found, now=time.time())
    assert str(growing) not in places_of(found, now=time.time() + 3600)


def test_nothing_new_is_no_news(run: Path):
    watch = _watching(run)
    assert not any(watch.look(float(now)) for now in range(100))


def test_news_is_told_once_it_has_come_to_rest(run: Path):
    watch = _watching(run)
    (run / "a" / "run7" / "checkpoint-300").mkdir()
    assert [watch.look(now) for now in (0.0, 2.0, 4.0)] == [False, True, False]


def test_what_never_rests_is_told_too(run: Path):
    watch = _watching(run)
    told = []
    for now in range(0, 40, 2):
        (run / "a" / "run7" / f"x{now}").mkdir()
        told.append(watch.look(float(now)))
    assert 1 <= sum(told) <= 3


def test_what_came_while_the_scan_ran_is_news(run: Path):
    watch = Watch()
    began = time.time() - 1
    (run / "a" / "run7" / "checkpoint-300").mkdir()
    watch.look_at([str(run / "a" / "run7")], since=began)
    assert [watch.look(0.0), watch.look(2.0)] == [False, True]


def test_a_later_scan_does_not_hide_what_came_during_it(run: Path):
    watch = _watching(run)
    (run / "a" / "run7" / "checkpoint-300").mkdir()
    watch.look_at([str(run), str(run / "a" / "run7")], since=time.time() + 60)
    assert [watch.look(0.0), watch.look(2.0)] == [False, True]


def test_it_ends_when_told(run: Path):
    calls: list[int] = []
    watch = Watch(every=0.01)
    watch.start(lambda: calls.append(1))
    watch.look_at([str(run)], since=time.time())
    (run / "b").mkdir()
    deadline = time.monotonic() + 20
    while not calls and time.monotonic() < deadline:
        time.sleep(0.01)
    watch.stop()
    assert calls
    deadline = time.monotonic() + 20
    while any(one.name == "watch" for one in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
