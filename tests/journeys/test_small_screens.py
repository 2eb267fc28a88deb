"""Terminals of any size: nothing crashes or hangs; what is too small says so and does nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from keepstep.tui.sample.run import build_sample_run

from .reviewing import NOW, outline, review

PANES = ["", "c", "p", "t", "a", "F", "u", "w", "question_mark", "enter", "slash"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("small") / "run7"
    build_sample_run(directory, now=NOW)
    return directory


@pytest.mark.parametrize("pane", PANES)
async def test_every_pane_lives_through_every_size(run: Path, pane: str):
    async with review(run) as person:
        await person.press(*[pane] if pane else [])
        for size in [(2, 1), (1, 1), (40, 8), (39, 60), (200, 7), (5, 50), (60, 15), (80, 24)]:
            await person.pilot.resize_terminal(*size)
            await person.settle()
            if size[0] < 40 or size[1] < 8:
                assert "too" in person.text or size[0] < 3
                assert "frees" not in person.text
        await person.press("escape", "escape", "j")
        assert person.app.model.cursor_position == 1
        assert "frees 457 GB of 617 GB" in person.freed


@pytest.mark.parametrize("pane", ["c", "p", "t", "a", "F", "question_mark", "enter"])
async def test_a_pane_is_made_for_any_width(run: Path, pane: str):
    async with review(run) as person:
        await person.press(pane)
        for width in range(60):  # a window passes through these when it is drawn
            assert isinstance(person.app.pane.content(width), list)


async def test_what_cannot_be_seen_is_not_done(run: Path):
    before = outline(run)
    async with review(run) as person:
        await person.press("c")
        await person.pilot.resize_terminal(39, 24)
        await person.press(*"127", "enter", "y", "d")
        await person.pilot.resize_terminal(80, 24)
        await person.settle()
        assert "Esc not to: _" in person.text
        assert person.app.model.marks == frozenset()
    assert outline(run) == before


@pytest.mark.parametrize(
    ("size", "question"), [((40, 8), "Type 127 and Enter: _"), ((60, 15), "Esc not to: _")]
)
async def test_the_question_is_whole_on_a_small_screen(
    run: Path, size: tuple[int, int], question: str
):
    async with review(run, size=size) as person:
        assert "DECISION" in person.text
        assert "frees 457 GB of 617 GB (74 %) ·" in person.freed
        await person.press("c")
        assert question in person.text
        assert person.last.endswith("Esc back")


@pytest.mark.parametrize("width", [40, 47, 60])
async def test_no_number_is_cut_where_columns_have_no_room(tmp_path: Path, width: int):
    for name in ("a", "b"):
        build_sample_run(tmp_path / name, now=NOW)
    async with review(tmp_path, size=(width, 14)) as person:
        rows = [line for line in person.lines if line.startswith("   ")]
        assert [line.split()[0] for line in rows] == ["RUN", "a", "b"]
        assert all(line.endswith(("FREES", "457 GB")) for line in rows)
        await person.press("t")
        assert "Trash and history" in person.text
        await person.press("escape", "p")
        assert any("aggressive" in x and x.endswith("304   1.1 TB") for x in person.lines)
