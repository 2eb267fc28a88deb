"""However a tree is surveyed, the catalog is the same: alone, with a process, with threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keepstep.policies.catalog import survey, survey_process, survey_threads
from keepstep.policies.catalog.local_tree import LocalTree
from keepstep.policies.catalog.lookout import Looks
from keepstep.policies.catalog.model import Catalog, State
from keepstep.policies.catalog.scan import scan, scan_events
from keepstep.policies.catalog.scan_event import Finished, Found
from keepstep.policies.catalog.survey import Pace, Surveyor
from keepstep.tui.sample.run import build_sample_run

from ...real.unpack import unpack
from ..catalogs import NOW
from ..trees import hugging_face, safetensors, set_saved, torch_zip
from .planting import plant
from .test_real_archives import ARCHIVES

Way = Callable[[Surveyor, list[str]], object]


def _alone(surveyor: Surveyor, pending: list[str]) -> None:
    while pending:
        surveyor.look(pending)


def _with_threads(surveyor: Surveyor, pending: list[str]) -> None:
    assert survey_threads.look_with_threads(surveyor, pending) == []


def _with_a_process(surveyor: Surveyor, pending: list[str]) -> None:
    surveyor.look(pending)
    survey_process.look_with_a_second_process(surveyor, pending)


WAYS: dict[str, Way] = {
    "alone": _alone,
    "process": _with_a_process,
    "threads": _with_threads,
}


def scanned(root: Path, way: str) -> Catalog:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Surveyor, "run", lambda self: iter(WAYS[way](self, [""]) or ()))
        if way == "threads":
            patch.setattr(Pace, "is_slow", True)
        return scan(str(root))


def assert_all_ways_agree(root: Path) -> None:
    first, *others = [scanned(root, way) for way in WAYS]
    for other in (*others, scan(str(root))):
        assert other == first


@pytest.mark.parametrize("name", ARCHIVES)
def test_real_runs(name: str, tmp_path: Path):
    run, _ = unpack(name, tmp_path)
    assert_all_ways_agree(run)


def test_the_sample_run(tmp_path: Path):
    build_sample_run(tmp_path / "run", now=NOW)
    assert_all_ways_agree(tmp_path)


def test_links_hard_links_strange_names_and_what_cannot_be_listed(tmp_path: Path):
    hugging_face(tmp_path, [100, 200, 300])
    os.link(tmp_path / "checkpoint-100/config.json", tmp_path / "checkpoint-200/same.json")
    (tmp_path / "checkpoint-300" / "link").symlink_to("config.json")
    (tmp_path / "latest").symlink_to("checkpoint-300")
    os.mkfifo(tmp_path / "checkpoint-200" / "pipe")
    (tmp_path / "checkpoint-300" / ".hidden").mkdir()
    (tmp_path / "checkpoint-300" / ".hidden" / "inner").write_text("x")
    (tmp_path / "checkpoint-100" / os.fsdecode(b"\xff\n")).write_text("x")
    closed = tmp_path / "checkpoint-200" / "closed"
    closed.mkdir(mode=0)
    try:
        assert_all_ways_agree(tmp_path)
    finally:
        closed.chmod(0o700)


NAMES = st.sampled_from(
    ["checkpoint-1", "checkpoint-20", "step_5", "step_6", "run", "a.pt", "ep1.pth", "ep2.pth", "x"]
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(paths=st.lists(st.lists(NAMES, min_size=1, max_size=4), max_size=14), sizes=st.data())
def test_random_trees(
    tmp_path_factory: pytest.TempPathFactory, paths: list[list[str]], sizes: st.DataObject
):
    root = tmp_path_factory.mktemp("tree")
    for parts in paths:
        path = root.joinpath(*parts)
        if any(above.is_file() for above in (path, *path.parents)) or path.exists():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"PK\x03\x04" * sizes.draw(st.integers(0, 3)))
    assert_all_ways_agree(root)


def _torn(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def test_one_that_is_cut_short_is_found_among_many_of_one_shape(tmp_path: Path):
    names = [f"checkpoint-{step}/shard_{n}.bin" for step in range(10, 500, 10) for n in range(4)]
    plant(tmp_path, *names)
    _torn(tmp_path / "checkpoint-250" / "shard_2.bin")
    found = {one.id: one for one in scan(str(tmp_path)).checkpoints}
    broken = [one.id for one in found.values() if one.state is not State.COMPLETE]
    assert broken == ["checkpoint-250"]
    assert "shard_2.bin" in found["checkpoint-250"].evidence


def test_what_was_written_last_is_read_though_it_has_the_shape_of_its_siblings(tmp_path: Path):
    for step in (1, 2, 3):
        torch_zip(tmp_path / f"step_{step}.pt")
        os.utime(tmp_path / f"step_{step}.pt", (step, step))
    newest = tmp_path / "step_3.pt"
    newest.write_bytes(b"PK\x03\x04" + bytes(newest.stat().st_size - 4))
    assert [one.state for one in scan(str(tmp_path)).checkpoints][-1] is State.INCOMPLETE


def _allocated_and_torn(path: Path) -> None:
    """As a copy leaves it that asks for all the space first, and is stopped half-way."""
    content, times = path.read_bytes(), path.stat()
    path.unlink()
    with open(path, "wb") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, len(content))
        except OSError:
            pytest.skip("this file system gives no space in advance")
        file.write(content[: len(content) // 2])
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.mark.parametrize("name", ["model.safetensors", "optimizer.pt"])
def test_a_torn_copy_with_length_and_space_of_a_whole_one_is_found(tmp_path: Path, name: str):
    hugging_face(tmp_path, [100, 200, 300, 400])
    for step in (100, 200, 300, 400):
        safetensors(tmp_path / f"checkpoint-{step}" / "model.safetensors", 600_000)
        torch_zip(tmp_path / f"checkpoint-{step}" / "optimizer.pt", b"x" * 1_000_000)
        set_saved(tmp_path / f"checkpoint-{step}", 1_700_000_000 + step)
    torn = tmp_path / "checkpoint-200" / name
    before = torn.stat()
    _allocated_and_torn(torn)
    after = torn.stat()
    assert (after.st_size, after.st_blocks) == (before.st_size, before.st_blocks)
    found = {one.id: one for one in scan(str(tmp_path)).checkpoints}
    broken = [one.id for one in found.values() if one.state is not State.COMPLETE]
    assert broken == ["checkpoint-200"]
    assert name in found["checkpoint-200"].evidence


def test_a_torn_file_with_length_and_space_of_a_whole_one_is_found(tmp_path: Path):
    for step in (1, 2, 3):
        torch_zip(tmp_path / f"step_{step}.pt", b"x" * 1_000_000)
        os.utime(tmp_path / f"step_{step}.pt", (step, step))
    _allocated_and_torn(tmp_path / "step_2.pt")
    states = [one.state for one in scan(str(tmp_path)).checkpoints]
    assert states == [State.COMPLETE, State.INCOMPLETE, State.COMPLETE]


def test_a_copy_that_lost_its_end_is_found_where_the_disk_tells_of_no_holes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for step in (1, 2, 3):
        torch_zip(tmp_path / f"step_{step}.pt", b"x" * 1_000_000)
        os.utime(tmp_path / f"step_{step}.pt", (step, step))
    with open(tmp_path / "step_2.pt", "r+b") as file:
        file.seek(-400, os.SEEK_END)
        file.write(bytes(400))
    os.utime(tmp_path / "step_2.pt", (2, 2))
    monkeypatch.setattr(os, "lseek", _no_holes)
    states = [one.state for one in scan(str(tmp_path)).checkpoints]
    assert states == [State.COMPLETE, State.INCOMPLETE, State.COMPLETE]


def _no_holes(*_: object) -> int:
    raise OSError(22, "Invalid argument")


def test_a_child_that_dies_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    hugging_face(tmp_path, [100, 200, 300])
    expected = scan(str(tmp_path))
    monkeypatch.setattr(survey_process, "_work", lambda *_: os._exit(1))
    assert scanned(tmp_path, "process") == expected


def test_cancelled_at_once(tmp_path: Path):
    hugging_face(tmp_path, [100, 200])
    assert list(scan_events(str(tmp_path), cancelled=lambda: True)) == []


def test_cancelled_among_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    hugging_face(tmp_path, range(100, 3000, 100))
    answers: Iterator[bool] = iter([False] * 3)
    tree = LocalTree(str(tmp_path))
    surveyor = Surveyor(tree.root, {}, tree.lookout, lambda: next(answers, True))
    monkeypatch.setattr(Pace, "is_slow", True)
    with pytest.raises(survey.Cancelled):
        survey_threads.look_with_threads(surveyor, [""])


def _not_yet(*_: object) -> Looks:
    raise PermissionError(13, "Permission denied")


def test_on_a_slow_disk_rows_come_before_anything_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    hugging_face(tmp_path, [100, 200, 300])
    (tmp_path / "latest").symlink_to("checkpoint-300")
    expected = scan(str(tmp_path))
    monkeypatch.setattr(Pace, "is_slow", True)
    events = scan_events(str(tmp_path))
    monkeypatch.setattr(Looks, "at", _not_yet)
    first = next(events)
    assert isinstance(first, Found)
    assert [one.id for one in first.checkpoints] == [one.id for one in expected.checkpoints]
    assert {one.state for one in first.checkpoints} == {State.COMPLETE}


def test_on_a_slow_disk_each_row_comes_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    hugging_face(tmp_path, [100, 200])
    expected = scan(str(tmp_path))
    monkeypatch.setattr(Pace, "is_slow", True)
    events = list(scan_events(str(tmp_path)))
    kinds = [type(event).__name__ for event in events]
    assert kinds == ["Found", "Named", "Sized", "Sized", "Finished"]
    assert isinstance(events[-1], Finished)
    assert events[-1].catalog == expected


def test_names_before_sizes(tmp_path: Path):
    hugging_face(tmp_path, [100, 200])
    kinds = [type(event).__name__ for event in scan_events(str(tmp_path))]
    assert kinds == ["Found", "Named", "Sized", "Sized", "Finished"]


@pytest.mark.parametrize(("text", "meant"), [("4", 4), ("0", 1), ("9999", 256), ("many", 16)])
def test_the_cap_is_a_setting(text: str, meant: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(survey.REQUESTS_VARIABLE, text)
    assert survey.requests_in_flight() == meant
