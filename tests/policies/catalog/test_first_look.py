"""The first rows of a screen: by names alone, the newest, at once, and never more than that."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from keepstep.policies.catalog import preview
from keepstep.policies.catalog.lookout import Lookout
from keepstep.policies.catalog.model import State
from keepstep.policies.catalog.preview import first_look
from keepstep.policies.catalog.scan import scan
from keepstep.tui.sample.run import build_sample_run

from ..catalogs import NOW


def _save(folder: Path, step: int) -> None:
    made = folder / f"checkpoint-{step}"
    made.mkdir(parents=True)
    for name in ("model.safetensors", "trainer_state.json"):
        (made / name).write_bytes(b"")


def test_the_newest_of_many_stand_there(tmp_path: Path):
    for step in range(1, 301):
        _save(tmp_path, step)
    [found] = first_look(str(tmp_path))
    assert [one.step for one in found] == list(range(300, 200, -1))
    assert all(one.measure is None and one.state is State.COMPLETE for one in found)


def test_few_directories_are_listed_however_many_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for run in range(40):
        for step in range(1, 6):
            _save(tmp_path / f"run{run}", step)
    listed = []
    names_in = Lookout.names_in

    def noted(self: Lookout, directory: str):
        listed.append(directory)
        return names_in(self, directory)

    monkeypatch.setattr(Lookout, "names_in", noted)
    monkeypatch.setattr(preview, "_PATIENCE", 60)
    found = list(first_look(str(tmp_path)))
    assert len(listed) == 64
    assert {one.id.partition("/")[0] for rows in found for one in rows} == {
        f"run{number}" for number in range(16, 40)
    }


def test_patience_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    _save(tmp_path / "run", 1)
    monkeypatch.setattr(preview, "_PATIENCE", 0)
    assert list(first_look(str(tmp_path))) == []


def test_what_it_tells_the_scan_tells_again(tmp_path: Path):
    build_sample_run(tmp_path / "run7", now=NOW)
    catalog = scan(str(tmp_path / "run7"))
    known = {one.id: (one.series, one.step, one.members) for one in catalog.checkpoints}
    rows = [one for found in first_look(str(tmp_path / "run7")) for one in found]
    assert len(rows) == 100
    assert all(known[one.id] == (one.series, one.step, one.members) for one in rows)


def test_a_root_that_cannot_be_listed_is_the_callers_affair(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        list(first_look(os.fspath(tmp_path / "none")))


def test_of_very_many_names_the_highest_numbers_are_thought_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(preview, "_NAMES", 6)
    for step in (9, 10, 99, 100, 1000, 2000):
        for name in (f"G_{step}.pth", f"D_{step}.pth"):
            (tmp_path / name).write_bytes(b"")
    (tmp_path / "config.json").write_text("{}")
    rows = [one.step for found in first_look(str(tmp_path)) for one in found]
    assert set(rows) <= {100, 1000, 2000}
    assert {1000, 2000} <= set(rows)
