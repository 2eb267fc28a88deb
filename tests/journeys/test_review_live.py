"""A run that goes on while its review is open."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
from keepstep.tui.review import presets
from keepstep.tui.review.watch import Watch
from keepstep.tui.sample.run import build_sample_run

from .reviewing import NOW, PATIENCE, Reviewer, review


@pytest.fixture
def run(tmp_path: Path) -> Path:
    build_sample_run(tmp_path / "run7", now=NOW)
    return tmp_path / "run7"


def _save(run: Path, step: int) -> None:
    """As a trainer does: written beside, then renamed."""
    beside = run / f"tmp-{step}"
    beside.mkdir()
    for file in (run / "checkpoint-17000").iterdir():
        (beside / file.name).hardlink_to(file)
    beside.rename(run / f"checkpoint-{step}")


async def _until(person: Reviewer, words: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while words not in person.lines[0]:
        assert time.monotonic() < deadline, person.text
        await person.pilot.pause(0.05)


async def test_new_checkpoints_appear_and_nothing_of_mine_moves(run: Path):
    async with review(run, watch=Watch(every=0.05, rest=1)) as person:
        await person.press("j", "j", "j", "d", "j", "s", "s")
        cursor, marks = person.app.model.cursor, person.app.model.marks
        _save(run, 17200)
        await _until(person, "173 checkpoints")
        deadline = time.monotonic() + PATIENCE
        while person.notice != "1 new checkpoint":  # said when the scan has ended
            assert time.monotonic() < deadline, person.notice
            await person.pilot.pause(0.05)
        assert (person.app.model.cursor, person.app.model.marks) == (cursor, marks)
        assert "SIZE" in person.text
        shutil.rmtree(run / "checkpoint-200")
        await _until(person, "172 checkpoints")


async def test_a_question_is_not_disturbed(run: Path):
    async with review(run, watch=Watch(every=0.05, rest=1)) as person:
        await person.press("c")
        plan = person.app.pane.plan
        _save(run, 17200)
        await _until(person, "173 checkpoints")
        assert person.app.pane.plan is plan
        assert "Commit: 127 checkpoints" in person.text


async def test_a_quiet_directory_is_not_scanned_again(run: Path):
    async with review(run, watch=Watch(every=0.02, rest=1)) as person:
        catalog = person.app.model.catalog
        await person.pilot.pause(0.5)
        assert person.app.model.catalog is catalog


async def test_a_question_is_drawn_anew_after_its_checkpoints_are_gone(run: Path):
    async with review(run, watch=Watch(every=0.05, rest=1)) as person:
        await person.press("c")
        shutil.rmtree(run / "checkpoint-200")
        await _until(person, "171 checkpoints")
        await person.pilot.resize_terminal(100, 30)
        await person.settle()
        assert any("   200 " in line for line in person.lines)


@pytest.mark.parametrize("at_once", [10, 1000])
async def test_a_rescan_meanwhile_has_the_presets_planned_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
):
    monkeypatch.setattr(presets, "_AT_ONCE", at_once)
    run = tmp_path / "run7"
    build_sample_run(run, now=NOW)
    async with review(run) as person:
        await person.press("p")
        shutil.rmtree(run / "checkpoint-100")
        person.app.rescan()
        await person.settle()
        while not all(offer.planned for offer in person.app.pane.offers):
            await person.settle()
        sums = [one.summary for one in person.app.pane.offers if one.summary]
        assert {one.keep + one.slim + one.delete for one in sums} == {171}
