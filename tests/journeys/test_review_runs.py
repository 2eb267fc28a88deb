"""A root with many runs: opens on the largest, and goes into one and back."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ..policies.trees import hugging_face, set_saved
from .reviewing import NOW, Reviewer, outline, review


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


def last_3(root: Path) -> str:
    """A policy that deletes in every run."""
    path = root.parent / "last-3.yaml"
    path.write_text("name: last-3\nkeep: [{last: 3}]\n")
    return str(path)


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
        assert "only bob/run2" in person.freed
        await person.press("c")
        assert person.notice.startswith("the plan deletes nothing")
        await person.press("escape")
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


def _checkpoints(run: Path) -> set[str]:
    return {path.name for path in run.glob("checkpoint-*")}


async def _open(person: Reviewer, run: str) -> None:
    names = [one.name for one in person.app.pane.runs]
    await person.press("g", *"j" * names.index(run), "right")


async def test_inside_a_run_that_run_alone_is_planned_and_committed(root: Path):
    before = outline(root)
    async with review(root, last_3(root), apparent=False) as person:
        assert "deletes 35" in person.freed
        await _open(person, "bob/run2")
        assert "keeps 3" in person.freed
        assert "deletes 6" in person.freed
        assert person.lines[0].split()[1:3] == ["9", "checkpoints,"]
        await person.press("c")
        assert "Commit in bob/run2 alone: 6 checkpoints to the trash?" in person.text
        assert "The other runs stay as they are: 29 more would go with all of them." in person.text
        await person.press("y")
        assert _checkpoints(root / "bob/run2") == {f"checkpoint-{n}" for n in (700, 800, 900)}
        assert len(_checkpoints(root / "amy/run1")) == 5
        assert len(_checkpoints(root / "run3")) == 30
        await person.press("u", "y")
        assert outline(root, without=".keepstep") == before


async def test_from_the_overview_all_runs_are_committed(root: Path):
    async with review(root, last_3(root), apparent=False) as person:
        await _open(person, "run3")
        await person.press("left", "c")
        assert "Commit: 35 checkpoints to the trash?" in person.text
        await person.press("y")
        assert "Runs, and what the plan would free" in person.text
        assert {len(_checkpoints(root / run)) for run in ("run3", "amy/run1", "bob/run2")} == {3}


async def test_a_run_in_the_root_itself_is_one_of_them(root: Path):
    hugging_face(root, range(100, 1001, 100))
    async with review(root, last_3(root), apparent=False) as person:
        await _open(person, ".")
        assert "deletes 7" in person.freed
        await person.press("c")
        assert "Commit in . alone: 7 checkpoints" in person.text
        await person.press("y")
        assert len(_checkpoints(root)) == 3
        assert len(_checkpoints(root / "run3")) == 30


async def test_marks_in_another_run_wait_for_it(root: Path):
    async with review(root, None, apparent=False) as person:
        await _open(person, "run3")
        await person.press("j", "j", "d")
        assert "1 marked" in person.freed
        await person.press("escape")
        await _open(person, "amy/run1")
        assert "marked" not in person.freed
        await person.press("j", "d", "c", "y")
        assert len(_checkpoints(root / "run3")) == 30
        assert len(_checkpoints(root / "amy/run1")) == 4


async def test_presets_forecast_and_export_are_about_the_run(root: Path, monkeypatch):
    (root.parent / "elsewhere").mkdir()
    monkeypatch.chdir(root.parent / "elsewhere")
    async with review(root, last_3(root), apparent=False) as person:
        await _open(person, "bob/run2")
        await person.press("p")
        offers = {one.file.name: one.summary for one in person.app.pane.offers}
        assert offers["last-20"].keep == 9
        await person.press("escape", "e", "F")
        assert "9 checkpoints" in person.text
    plan = json.loads(Path("keepstep-plan.json").read_text())
    gone = [one["series"] for one in plan["decisions"] if one["action"] == "delete"]
    assert len(gone) == plan["summary"]["delete"] == 6
