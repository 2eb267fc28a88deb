"""Journeys that change the disk: from keys to the directory, and back by undo."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from keepstep.policies.rules.preset_files import load_policy
from keepstep.tui.sample.run import build_sample_run

from .reviewing import NOW, outline, review


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    directory = tmp_path / "run7"
    build_sample_run(directory, now=NOW)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return directory


def _checkpoints(run: Path) -> set[str]:
    return {path.name for path in run.glob("checkpoint-*")}


def _pins(run: Path) -> dict[str, str]:
    document = json.loads((run / ".keepstep" / "pins.json").read_text())
    return {pin["name"]: pin["note"] for pin in document["pins"]}


async def test_commit_moves_what_was_shown_and_undo_brings_it_back(run: Path):
    before = outline(run, without=".keepstep")
    async with review(run) as person:
        gone = {d.checkpoint.id for d in person.app.model.plan.decisions if d.action == "delete"}
        await person.press("c")
        await person.type("127")
        await person.press("enter")
        assert person.notice.startswith("127 moved to the trash; space returns when the trash is")
        assert _checkpoints(run).isdisjoint(gone)
        assert "45 checkpoints" in person.lines[0]
        await person.press("u")
        assert person.last.startswith("Put back 127 checkpoints of the last commit?")
        await person.press("y")
        assert person.last == "127 checkpoints put back"
        assert "172 checkpoints" in person.lines[0]
    assert outline(run, without=".keepstep") == before


async def test_a_small_commit_is_confirmed_by_y(run: Path):
    async with review(run, None) as person:
        await person.press("j", "j", "d", "c", "y")
        assert person.last.startswith("1 moved to the trash")
    assert "checkpoint-16900" not in _checkpoints(run)


async def test_no_undo_without_yes(run: Path):
    async with review(run, None) as person:
        await person.press("j", "j", "d", "c", "y")
        await person.press("u", "u")
        await person.press("u", "enter")
    assert "checkpoint-16900" not in _checkpoints(run)


async def test_purge_asks_and_then_there_is_no_undo(run: Path):
    async with review(run, None) as person:
        await person.press("j", "j", "d", "c", "y")
        await person.press("t")
        assert "1 commit in the trash" in person.text
        await person.press("x")
        assert "for good? There is no undo." in person.last
        await person.press("y")
        assert person.last.startswith("purged:")
        await person.press("u")
        assert person.last == "nothing is in the trash"


async def test_a_pin_is_on_disk_at_once_and_protects(run: Path):
    async with review(run) as person:
        await person.press("slash")
        await person.type("step=12900")
        await person.press("enter", "space")
        assert _pins(run) == {"checkpoint-13100": "figure 4", "checkpoint-12900": ""}
        assert "◆" in person.row(12900)
        assert "deletes 126" in person.freed
        await person.press("space")
        assert _pins(run) == {"checkpoint-13100": "figure 4"}
        assert "deletes 127" in person.freed


async def test_a_range_is_pinned_together(run: Path):
    async with review(run) as person:
        await person.press("v", "j", "j", "space")
    assert set(_pins(run)) == {f"checkpoint-{n}" for n in (13100, 16900, 17000, 17100)}


async def test_what_changed_since_the_scan_is_left_alone_and_told(run: Path):
    async with review(run, None) as person:
        await person.press("j", "j", "d", "j", "d")
        (run / "checkpoint-16900" / "trainer_state.json").write_text("{}")
        await person.press("c", "y")
        assert "1 left alone" in person.text
        assert "checkpoint-16900:" in person.text
        await person.press("escape")
        assert "DECISION" in person.text
    assert "checkpoint-16900" in _checkpoints(run)
    assert "checkpoint-16800" not in _checkpoints(run)


async def test_export_never_overwrites(run: Path):
    async with review(run) as person:
        await person.press("e", "e")
        assert person.last == "wrote keepstep-plan-2.json"
    document = json.loads(Path("keepstep-plan.json").read_text())
    assert document["format"] == "keepstep/plan"
    assert document["summary"]["delete"] == 127


async def test_the_policy_is_saved_as_a_preset(run: Path):
    async with review(run) as person:
        await person.press("2", "w")
        assert person.last == "save the policy as: balanced"
        await person.press("ctrl+u")
        await person.type("mine")
        await person.press("enter")
        assert person.notice.endswith("mine.yaml")
        saved = load_policy("mine")
        assert saved.keep == person.app.model.plan.policy.keep
        await person.press("w", "ctrl+u")
        await person.type("mine")
        await person.press("enter")
        assert person.last.startswith("Replace your preset mine?")


async def test_a_rescan_finds_what_training_wrote(run: Path):
    async with review(run) as person:
        await person.press("j", "j")
        new = run / "checkpoint-17200"
        new.mkdir()
        for file in (run / "checkpoint-17000").iterdir():
            (new / file.name).hardlink_to(file)
        await person.press("r")
        assert "173 checkpoints" in person.lines[0]
        assert person.app.model.cursor == "checkpoint-16900"
