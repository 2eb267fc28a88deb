"""Keys that come faster than the review answers them, and those that come after its end."""

from __future__ import annotations

from pathlib import Path

import pytest
from keepstep.policies.commit.history import history
from keepstep.tui.sample.run import build_sample_run
from textual import events

from .reviewing import NOW, Reviewer, outline, review


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    build_sample_run(tmp_path / "run7", now=NOW)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return tmp_path / "run7"


def _type_ahead(person: Reviewer, keys: list[str]) -> None:
    """All at once, as a slow link delivers them."""
    for key in keys:
        person.app.post_message(events.Key(key, key if len(key) == 1 else None))


@pytest.mark.parametrize(
    "keys",
    [
        ["x", "w"],  # leave, and a name to save the policy as
        ["x", "e"],
        ["x", "c", "y"],
        ["ctrl+c", "P", "d", "c", "enter"],
        ["x", "escape", "slash", "f", "question_mark"],
    ],
)
async def test_what_comes_after_the_end_is_not_done(run: Path, keys: list[str]):
    async with review(run) as person:
        await person.press("2", "q")
        before = outline(run)
        _type_ahead(person, keys)
        await person.pilot.pause(0.3)
    assert person.app.return_value == 0
    assert outline(run) == before
    assert list(Path().iterdir()) == []


async def test_a_confirmation_before_the_end_was_asked_for_but_not_begun_is_dropped(run: Path):
    async with review(run) as person:
        await person.press("c", "1", "2", "7")
        before = outline(run)
        person.app.exit(0)
        _type_ahead(person, ["enter"])
        await person.pilot.pause(0.3)
    assert outline(run) == before


async def test_a_number_typed_twice_commits_once(run: Path):
    async with review(run) as person:
        await person.press("c")
        _type_ahead(person, [*"127", "enter", *"127", "enter"])
        await person.pilot.pause(0.3)
        await person.settle()
        assert [entry.checkpoints for entry in history(str(run))] == [127]


@pytest.mark.parametrize(
    "opened", ["q", "p", "a", "t"], ids=["leave", "presets", "artifacts", "trash"]
)
@pytest.mark.parametrize("way", [["G"], ["pagedown"] * 9, ["g"], ["pageup"] * 9])
async def test_a_pane_whose_end_is_reached_before_it_is_drawn(
    run: Path, opened: str, way: list[str]
):
    async with review(run) as person:
        await person.press("2")
        _type_ahead(person, [opened, *way, "right"])
        await person.pilot.pause(0.1)
        pane = person.app.pane
        assert pane is None or 0 <= pane.cursor < max(1, pane.count)
