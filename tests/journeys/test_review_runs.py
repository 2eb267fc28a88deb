"""A root with many runs: opens on the largest, and goes into one and back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ..policies.trees import hugging_face, set_saved
from .reviewing import NOW, review


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, count, size in (("amy/run1", 5, 100), ("bob/run2", 9, 9000), ("run3", 30, 50)):
        run = tmp_path / "runs" / name
        hugging_face(run, range(100, 100 * count + 1, 100))
        for checkpoint in run.iterdir():
            if checkpoint.is_dir():
                (checkpoint / "model.safetensors").write_bytes(os.urandom(size))
                set_saved(checkpoint, NOW - 86400)
    return tmp_path / "runs"


async def test_it_opens_on_the_runs_by_size(root: Path):
    async with review(root, "last-20", apparent=False) as person:
        assert "Runs, and what the plan would free in each" in person.text
        names = [run.name for run in person.app.pane.runs]
        assert sorted(names) == ["amy/run1", "bob/run2", "run3"]
        sizes = [run.disk for run in person.app.pane.runs]
        assert sizes == sorted(sizes, reverse=True)
        assert {run.name: run.deletes for run in person.app.pane.runs} == {
            "amy/run1": 0,
            "bob/run2": 0,
            "run3": 10,
        }
        await person.press("1")
        assert all(run.deletes == 0 for run in person.app.pane.runs)


async def test_enter_goes_in_and_escape_comes_back(root: Path):
    async with review(root, "last-20", apparent=False) as person:
        names = [run.name for run in person.app.pane.runs]
        await person.press(*"j" * names.index("bob/run2"), "enter")
        assert len(person.app.model.visible) == 9
        assert "only bob/run2 is shown" in person.freed
        await person.press("c")
        assert "10 of them hidden by showing only bob/run2" in person.text
        await person.press("escape", "escape")
        assert person.app.pane.runs[person.app.pane.cursor].name == "bob/run2"
        await person.press("escape")
        assert len(person.app.model.visible) == 44
        await person.press("backspace")
        assert "Runs, and what" in person.text


async def test_the_timeline_is_that_of_the_run_one_has_gone_into(root: Path):
    async with review(root, "last-20", apparent=False, size=(120, 40)) as person:
        timeline = next(line for line in person.lines if line.startswith(" kept"))
        assert len(timeline.split("kept")[1].strip()) == 44
        names = [run.name for run in person.app.pane.runs]
        await person.press(*"j" * names.index("run3"), "enter")
        at = next(i for i, line in enumerate(person.lines) if line.startswith(" kept"))
        assert person.lines[at].split("kept")[1].strip() == "·" * 10 + "│" * 20
        assert person.lines[at + 1].split() == ["100", "1300", "2500"]
        await person.press("escape", "escape")
        timeline = next(line for line in person.lines if line.startswith(" kept"))
        assert len(timeline.split("kept")[1].strip()) == 44


async def test_one_run_opens_on_its_checkpoints(root: Path):
    async with review(root / "run3", "last-20", apparent=False) as person:
        assert person.app.pane is None
        await person.press("R")
        assert person.notice == "there is one run here"
