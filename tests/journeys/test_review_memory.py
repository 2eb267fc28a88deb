"""Journeys out of a review and back into it: what is asked, saved, remembered and forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest
from keepstep.policies.rules.preset_files import load_policy
from keepstep.tui.review.remembered import Memory, Remembered
from keepstep.tui.sample.run import build_sample_run

from .reviewing import NOW, outline, review


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "run7"
    build_sample_run(directory, now=NOW)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return directory


def _memory(run: Path) -> Memory:
    return Memory(str(run), load_policy("balanced"), str(run.parent / "state"))


async def test_order_filter_and_rules_come_back(run: Path):
    before = outline(run)
    async with review(run, memory=_memory(run)) as person:
        await person.press("s", "s", "S", "2", "1", "1", "plus", "slash")
        await person.type("eval_loss<0.42")
        await person.press("enter", "q", "x")
    async with review(run, memory=_memory(run)) as person:
        assert "tiers 21/20/1000" in person.text
        assert "[■] best 3 eval_loss" in person.text
        assert "/eval_loss<0.42 shows" in person.freed
        assert "SIZE▲" in person.text
        assert person.notice.startswith("rules as you left them")
        assert person.app.model.marks == frozenset()
    assert outline(run) == before


async def test_a_filter_that_means_nothing_any_more_is_dropped(run: Path):
    memory = _memory(run)
    model_base = load_policy("balanced")
    memory.keep(Remembered((await _sort(run)), "bleu<3", base=model_base))
    async with review(run, memory=_memory(run)) as person:
        assert person.app.model.filter == ""
        assert len(person.app.model.visible) == 172


async def _sort(run: Path):
    async with review(run) as person:
        return person.app.model.sort


async def test_a_read_only_review_remembers_nothing(run: Path):
    async with review(run, memory=_memory(run), read_only=True) as person:
        await person.press("2", "q")
        assert person.app.return_code == 0
    assert not (run.parent / "state").exists()


async def test_leaving_can_save_the_policy(run: Path):
    async with review(run) as person:
        await person.press("1", "1", "plus", "q", "w", "ctrl+u")
        await person.type("mine")
        await person.press("enter")
        assert person.app.return_code == 0
    assert load_policy("mine").keep[0].label() == "tiers 21/20/1000"


async def test_leaving_can_export_the_plan_and_asks_only_once(run: Path):
    async with review(run) as person:
        await person.press("G", "d", "e", "q")
        assert person.app.return_code == 0
    async with review(run) as person:
        await person.press("G", "d", "q", "e")
        assert person.app.return_code == 0
    assert {path.name for path in Path().iterdir()} == {
        "keepstep-plan.json",
        "keepstep-plan-2.json",
    }


async def test_a_name_that_is_refused_keeps_the_review_open(run: Path):
    async with review(run) as person:
        await person.press("2", "q", "w", "ctrl+u")
        await person.type("balanced")
        await person.press("enter")
        assert person.app.is_running
        assert "comes with keepstep" in person.notice
