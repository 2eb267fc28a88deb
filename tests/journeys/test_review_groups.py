"""The table grouped by series: keys to folds, and a commit that is about all of it all the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from keepstep.policies.rules.preset_files import load_policy
from keepstep.tui.review import planning
from keepstep.tui.review.glyphs import ASCII
from keepstep.tui.review.remembered import Memory

from ..policies.trees import hugging_face, set_saved
from .reviewing import NOW, Reviewer, review


@pytest.fixture(params=[None, 1], ids=["planned at once", "planned aside"])
def aside(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same keys do the same to a run that is planned in a thread, scanned in a process."""
    if request.param:
        monkeypatch.setattr("keepstep.tui.review.scanning._LONG", -1)  # and scanned aside, too
        monkeypatch.setattr(planning, "MANY", request.param)
        monkeypatch.setattr("keepstep.tui.review.scanning.MANY", request.param)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, count in (("run1", 5), ("run2", 9)):
        run = tmp_path / "runs" / name
        hugging_face(run, range(100, 100 * count + 1, 100))
        for checkpoint in run.iterdir():
            if checkpoint.is_dir():
                set_saved(checkpoint, NOW - 86400)
    return tmp_path / "runs"


def _table(person: Reviewer) -> list[str]:
    """The rows of the table without cursor and bar, up to the first gap of two cells."""
    header = next(i for i, line in enumerate(person.lines) if "DECISION" in line)
    rows = [line[1:].strip() for line in person.lines[header + 1 : -2]]
    return [row.split("  ")[0].split()[0 if row[:1].isdigit() else 1] for row in rows if row]


async def test_groups_fold_and_open(root: Path, aside: None):
    async with review(root, "last-20") as person:
        await person.press("escape", "z")
        first, second = "run1/checkpoint-*", "run2/checkpoint-*"
        assert _table(person)[:7] == [first, "500", "400", "300", "200", "100", second]
        await person.press("g", "enter")
        assert _table(person)[:3] == [first, second, "900"]
        await person.press("j", "space")
        assert _table(person) == [first, second]
        await person.press("space")
        assert _table(person)[:3] == [first, second, "900"]
        await person.press("Z")
        assert _table(person) == [first, second]
        await person.press("Z", "z")
        assert _table(person)[:2] == ["500", "400"]


async def test_a_heading_is_neither_pinned_nor_marked(root: Path, aside: None):
    async with review(root, "last-20") as person:
        await person.press("escape", "Z", "d")
        assert "this is a series: Enter opens it" in person.notice
        assert person.app.model.by_hand == frozenset()
        await person.press("space", "space")
        assert not person.app.model.pins
        assert not (root / ".keepstep").exists()


async def test_what_is_folded_goes_with_the_commit(root: Path, aside: None):
    async with review(root, None, apparent=False) as person:
        await person.press("escape", "z", "G")
        assert person.app.model.cursor == "run2/checkpoint-100"
        await person.press("d")
        heading = next(line for line in person.lines if "run2/checkpoint-*" in line)
        assert heading.split()[-2:] == ["deletes", "1"]
        await person.press("Z")
        assert person.app.model.heading == "run2/checkpoint-*"
        assert "deletes 1" in person.freed
        await person.press("c", "y")
        assert not (root / "run2/checkpoint-100").exists()
        await person.press("escape")
        assert person.app.model.heading == "run2/checkpoint-*"
        assert " 8 " in next(line for line in person.lines if "run2/checkpoint-*" in line)


async def test_pins_and_marks_stay_through_folding_and_rescan(root: Path, aside: None):
    async with review(root, "last-20") as person:
        await person.press("escape", "z", *"jj", "space", "j", "d", "Z", "r")
        await person.press("Z")
        assert [*person.app.model.pins] == ["run1/checkpoint-400"]
        assert person.app.model.marks == {"run1/checkpoint-300"}
        assert "◆" in person.row(400)
        assert "✗" in person.row(300)


async def test_the_folds_are_there_the_next_time(root: Path, tmp_path: Path):
    policy = load_policy("last-20")

    def memory() -> Memory:
        return Memory(str(root), policy, str(tmp_path / "state"))

    async with review(root, "last-20", memory=memory()) as person:
        await person.press("escape", "z", "g", "enter")
        before = _table(person)
    async with review(root, "last-20", memory=memory()) as person:
        await person.press("escape")
        assert _table(person) == before


async def test_a_filter_and_an_order_work_inside(root: Path, aside: None):
    async with review(root, "last-20", glyphs=ASCII) as person:
        await person.press("escape", "z", "S", "slash")
        await person.type("step>700")
        await person.press("enter")
        assert _table(person) == ["run2/checkpoint-*", "800", "900"]
        assert "- run2/checkpoint-*" in person.text
        assert "2 of 9" in person.text


async def test_a_pane_hides_no_change_of_the_table(root: Path):
    async with review(root, "last-20") as person:
        await person.press("escape", "question_mark")
        person.app.model.set_filter("step=900")
        person.app.sync()
        await person.press("escape")
        assert _table(person) == ["900"]
