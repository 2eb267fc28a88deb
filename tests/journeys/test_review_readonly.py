"""Journeys that look and try things out: whatever is pressed, the directory stays as it is."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from keepstep.policies.decisions import Plan
from keepstep.policies.rules.policy import Policy
from keepstep.tui.review import presets
from keepstep.tui.review.glyphs import ASCII, UNICODE
from keepstep.tui.review.model import ReviewModel
from keepstep.tui.sample.run import build_sample_run

from .reviewing import NOW, outline, review


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory):
    """One sample run for all; that it is left alone is checked at the end of each test."""
    directory = tmp_path_factory.mktemp("review") / "run7"
    build_sample_run(directory, now=NOW)
    return directory


@pytest.fixture(autouse=True)
def _left_alone(run: Path):
    before = outline(run)
    yield
    assert outline(run) == before


async def test_the_first_screen_says_what_the_policy_does(run: Path):
    async with review(run) as person:
        words = "frees 457 GB of 617 GB (74 %) · keeps 45 · deletes 127"
        assert person.freed.split("  ")[0] == words
        assert person.freed.endswith("balanced")
        assert "172 checkpoints, 617 GB" in person.lines[0]
        assert "incomplete, being written" in person.row(17100)
        assert "target of latest, newest" in person.row(17000)


async def test_a_digit_switches_a_rule_live(run: Path):
    async with review(run) as person:
        await person.press("1")
        assert person.freed.startswith("frees nothing: no rule is on · keeps 172 · deletes 0")
        await person.press("1")
        assert person.freed.startswith("frees 457 GB of 617 GB (74 %)")
        await person.press("2")
        assert "balanced (changed)" in person.freed


async def test_a_preset_is_taken_with_enter(run: Path):
    async with review(run) as person:
        await person.press("p")
        assert "Presets, and what each would do here" in person.text
        await person.press("g", "enter")
        assert person.freed.endswith("aggressive")
        assert "keeps 20 · deletes 152" in person.freed


async def test_on_a_large_run_presets_are_planned_beside_the_screen(
    run: Path, monkeypatch: pytest.MonkeyPatch
):
    planned: list[str] = []
    plan_of = ReviewModel.plan_of

    def counted(model: ReviewModel, policy: Policy) -> Plan:
        planned.append(policy.name)
        assert threading.current_thread() is not threading.main_thread()
        return plan_of(model, policy)

    monkeypatch.setattr(presets, "_AT_ONCE", 10)
    monkeypatch.setattr(ReviewModel, "plan_of", counted)
    async with review(run) as person:
        pane = presets.PresetsPane(person.app.model, UNICODE)
        assert planned == []
        assert not any(offer.planned for offer in pane.offers if offer.policy)
        await person.press("p")
        while not all(offer.planned for offer in person.app.pane.offers):
            await person.settle()
        assert "..." not in person.text
        await person.press("g", "enter")
        assert "keeps 20 · deletes 152" in person.freed


async def test_a_policy_with_an_unknown_metric_deletes_nothing(run: Path, tmp_path: Path):
    policy = tmp_path / "mine.yaml"
    policy.write_text("keep: [{best: {metric: bleu, mode: max}}, {last: 1}]")
    async with review(run, str(policy)) as person:
        assert "deletes 0" in person.text
        assert "has the metric 'bleu'" in person.notice
        assert person.notice.endswith("all rules are off")


async def test_marks_survive_sorting_and_filtering(run: Path):
    async with review(run, "conservative") as person:
        await person.press("j", "j", "d")
        assert "✗" in person.row(16900)
        await person.press("s", "s", "S", "slash")
        await person.type("delete step>16000")
        await person.press("enter")
        assert person.app.model.marks == {"checkpoint-16900"}
        assert [d.checkpoint.step for d in person.app.model.visible] == [16900]
        await person.press("escape", "d")
        assert person.app.model.marks == frozenset()


async def test_a_protected_row_cannot_be_marked(run: Path):
    async with review(run) as person:
        await person.press("j", "d")
        assert person.last.startswith("not marked: latest points to it")


async def test_details_word_every_reason(run: Path):
    async with review(run) as person:
        await person.press("j", "enter")
        assert "newest complete of its series" in person.text
        assert "tier 1: last 20" in person.text
        assert "optimizer" in person.text
        await person.press("escape")
        assert "DECISION" in person.text


async def test_on_a_wide_terminal_the_details_stand_beside(run: Path):
    async with review(run, size=(120, 40)) as person:
        await person.press("j")
        assert "DECISION" in person.text
        assert "newest complete of its series" in person.text


async def test_the_key_that_opens_the_commit_never_confirms_it(run: Path):
    async with review(run) as person:
        await person.press("c", "c", "c", "y", "enter")
        assert "Type 127 and Enter" in person.text
        await person.type("126")
        await person.press("enter", "escape")
        assert "172 checkpoints" in person.lines[0]


async def test_every_answer_but_yes_is_no(run: Path):
    async with review(run, None) as person:
        await person.press("j", "j", "d", "c")
        assert "Move them to the trash? y yes, n no (no)" in person.text
        await person.press("enter", "space", "c", "n")
        assert "DECISION" in person.text


async def test_the_confirmation_lists_everything_that_goes(run: Path):
    async with review(run) as person:
        await person.press("c")
        pane = person.app.pane
        assert pane is not None
        text = "\n".join("".join(t for t, _ in line) for line in pane.content(78))
        gone = [d.checkpoint.step for d in person.app.model.plan.decisions if d.action == "delete"]
        assert len(gone) == 127
        assert [step for step in gone if f" {step} " not in text] == []
        assert "a run wrote here 40 s ago" in text
        assert "newest: checkpoint-17000" in text


async def test_a_read_only_review_refuses_what_writes(run: Path):
    async with review(run, read_only=True) as person:
        assert "read-only" in person.lines[0]
        assert "commit" not in person.last
        for key in ("space", "c", "u", "e", "w"):
            await person.press(key)
            assert person.last == "this review is read-only: it changes nothing on disk"


async def test_leaving_with_marks_asks_and_enter_stays(run: Path):
    async with review(run) as person:
        await person.press("G", "d", "q")
        assert "Leave without a commit?" in person.text
        assert "1 mark by hand" in person.text
        await person.press("enter")
        assert person.app.is_running
        assert "DECISION" in person.text
        await person.press("q", "x")
        assert person.app.return_code == 0


async def test_leaving_a_plan_as_it_came_asks_nothing(run: Path):
    async with review(run) as person:
        await person.press("2", "2", "q")
        assert person.app.return_code == 0


async def test_a_value_changes_in_place(run: Path):
    async with review(run) as person:
        await person.press("1", "1", "plus")
        assert "tiers 21/20/1000" in person.text
        assert "balanced (changed)" in person.freed
        assert "keeps 45" in person.freed
        await person.press(*["plus"] * 4)
        assert "keeps 49" in person.freed
        await person.press(*["minus"] * 4)
        await person.press("greater_than_sign", "greater_than_sign", "plus")
        assert "tiers 21/20/2000" in person.text
        await person.press("less_than_sign", "minus")
        assert "tiers 21/19/2000" in person.text


async def test_a_value_of_a_rule_that_is_off_switches_it_on(run: Path):
    async with review(run) as person:
        await person.press("less_than_sign", "plus")
        assert "[■] last 21" in person.text


async def test_the_rules_are_compared_with_those_they_began_as(run: Path):
    async with review(run) as person:
        await person.press("D")
        assert person.notice.startswith("the rules are those of balanced")
        await person.press("1", "1", *["plus"] * 5, "D")
        assert "What these rules change in balanced" in person.text
        assert "both keep 45 checkpoints and delete 123" in person.text
        assert "balanced (changed) keeps 4 checkpoints (14.4 GB) that balanced" in person.text
        kept = [line.split()[-1] for line in person.lines if "kept now" in line]
        assert kept == [f"checkpoint-{step}" for step in (12600, 12800, 14700, 14900)]


async def test_a_rescan_keeps_the_view(run: Path):
    async with review(run) as person:
        await person.press("s", "s", "j", "j")
        before = person.lines[5:]
        await person.press("r")
        assert person.lines[5:] == before


async def test_sorting_by_a_click_on_a_title(run: Path):
    async with review(run) as person:
        titles = next(i for i, line in enumerate(person.lines) if "DECISION" in line)
        x = person.lines[titles].index("EVAL_LOSS") + 2
        await person.pilot.click(offset=(x, titles))
        await person.settle()
        assert "▲" in person.lines[titles]
        assert person.app.model.visible[0].checkpoint.step == 16300


async def test_without_utf8_the_screen_is_ascii(run: Path):
    async with review(run, glyphs=ASCII) as person:
        await person.press("v", "j")
        assert person.text.isascii()
        for key in ("enter", "p", "question_mark", "a", "t", "c"):
            await person.press(key)
            assert person.text.isascii()
            await person.press("escape")


@pytest.mark.parametrize("size", [(20, 6), (40, 10), (80, 24), (200, 60)])
async def test_every_pane_opens_in_every_size(run: Path, size: tuple[int, int]):
    async with review(run, size=size) as person:
        for key in ("enter", "p", "question_mark", "a", "t", "c"):
            await person.press(key)
            assert all(len(line) <= size[0] for line in person.lines)
            await person.press("escape")
        assert person.app.pane is None


async def test_a_scan_that_fails_says_so_and_commits_nothing(tmp_path: Path):
    directory = tmp_path / "run7"
    build_sample_run(directory, now=NOW)
    (directory / ".keepstep" / "pins.json").write_text("{}")
    async with review(directory) as person:
        assert "damaged" in person.notice
        await person.press("c")
        assert person.notice.startswith("the scan failed, so nothing is committed")
        assert "the scan failed · rescan tries again" in person.text
        (directory / ".keepstep" / "pins.json").unlink()
        await person.press("r")
        assert person.freed.startswith("frees 4")


async def test_asking_for_space_takes_the_gentlest_policy_that_frees_it(run: Path):
    async with review(run) as person:
        await person.press("f")
        assert person.last.startswith("free how much on disk?")
        await person.type("14MB")  # of blocks: the files of the sample are sparse
        await person.press("enter")
        assert "frees 14" in person.text
        assert "balanced (changed)" in person.freed
        before = person.app.model.plan.summary.delete
        assert before > 127
        await person.press("f")
        await person.type("900GB")
        await person.press("enter")
        assert "no form of this policy frees 900 GB" in person.text.replace("\n", " ")
        await person.press("f")
        await person.type("much")
        await person.press("enter")
        assert "'much' is no size" in person.text


async def test_the_forecast_is_for_the_rules_on_screen(run: Path):
    async with review(run) as person:
        await person.press("F")
        assert "Forecast with balanced" in person.text
        assert "AFTER" in person.text
        assert "a week" in person.text
        await person.press("escape", "1", "F")
        assert "Forecast with no rule" in person.text
