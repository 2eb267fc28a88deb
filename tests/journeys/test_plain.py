"""The plain review: lines in, lines out, and the same checkpoints on disk afterwards."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from keepstep.policies.rules.preset_files import load_policy
from keepstep.tui.plain.choosing import ChoiceError, chosen
from keepstep.tui.plain.dialogue import Dialogue
from keepstep.tui.plain.menu import MENU
from keepstep.tui.plain.session import Session
from keepstep.tui.review.disk import LocalDisk
from keepstep.tui.review.feed import Feed, scanner
from keepstep.tui.review.model import ReviewModel
from keepstep.tui.sample.run import build_sample_run

from .command_line import COMMAND
from .reviewing import NOW, outline

Review = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "run7"
    build_sample_run(directory, now=NOW)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return directory


@pytest.fixture
def review(run: Path) -> Review:
    """Gives answers one by one, and returns everything that was said."""

    def reviewed(*answers: str, policy: str | None = "balanced", read_only: bool = False) -> str:
        said: list[str] = []
        left = iter(answers)

        def ask(prompt: str) -> str | None:
            said.append(prompt)
            return next(left, None)

        root = str(run.resolve())
        model = ReviewModel(
            root,
            load_policy(policy) if policy else None,
            now=lambda: NOW,
            apparent=True,
            read_only=read_only,
        )
        scan = lambda: Feed(scanner(root)).start()  # noqa: E731
        session = Session(model, LocalDisk(), Dialogue(ask, said.append), scan, "run7")
        assert session.run() == 0
        assert next(left, None) is None, "it left too early"
        return "\n".join(said)

    return reviewed


def test_it_says_first_what_the_policy_does(review: Review, run: Path):
    before = outline(run)
    said = review()
    assert "run7: 172 checkpoints, 617 GB" in said
    assert "frees 457 GB of 617 GB (74 %) - keeps 45 - deletes 127" in said
    for command in MENU:
        assert command.help in said
    assert outline(run) == before
    assert said.isascii()


def test_rows_are_read_as_sentences(review: Review):
    said = review("1", "list 171", "why 3")
    row = "3 checkpoint-16900, step 16900, epoch 16.9, size 3.6 GB, tier 1, eval_loss 0.4140"
    assert row in said
    assert "152 more; list goes on" in said
    assert "end; 172 in all" in said
    assert "keep, because" in said


def test_commit_and_undo(review: Review, run: Path):
    before = outline(run, without=".keepstep")
    review("commit", "n", "127")
    assert len(list(run.glob("checkpoint-*"))) == 45
    said = review("undo", "y")
    assert "127 checkpoints put back" in said
    assert outline(run, without=".keepstep") == before


@pytest.mark.parametrize("answers", [["n", "y"], ["n", ""], ["y", "126"], ["n"], []])
def test_nothing_moves_without_the_number(review: Review, run: Path, answers: list[str]):
    before = outline(run)
    review("commit", *answers)
    assert outline(run) == before


def test_marks_pins_and_notes(review: Review, run: Path):
    said = review(
        "mark 3-4", "note 5", "figure 5", "pin 6", "pin 6", "c", "commit", "y", "y", policy=None
    )
    assert "2 marks by hand" in said
    assert "'c' is no command" in said
    assert "checkpoint-16900, step 16900" in said
    assert not (run / "checkpoint-16900").exists()
    pins = json.loads((run / ".keepstep" / "pins.json").read_text())["pins"]
    assert {pin["name"]: pin["note"] for pin in pins}["checkpoint-16700"] == "figure 5"
    said = review("trash", "purge 1", "y", "undo")
    assert "There is no undo." in said
    assert "nothing is in the trash" in said


def test_slimming_by_hand_and_back(review: Review, run: Path):
    before = outline(run, without=".keepstep")
    said = review("slim 3-4", "slim 2", "list", "commit", "y", "y", policy=None)
    assert "slims 2" in said
    assert "2 marks by hand" in said
    assert "marked to slim" in said
    assert "cannot be slimmed: " in said
    assert "the optimizer state of 2 checkpoints go to the trash" in said
    assert not (run / "checkpoint-16900" / "optimizer.pt").exists()
    assert (run / "checkpoint-16900" / "model.safetensors").exists()
    said = review("undo", "y")
    assert "Put back the optimizer state of 2 checkpoints?" in said
    assert outline(run, without=".keepstep") == before


def test_what_is_protected_is_not_marked(review: Review):
    assert "not marked: " in review("mark 2")


def test_rules_presets_values_and_comparing(review: Review):
    said = review(
        "rules", "1", "rules 1", "rules 1c+", "compare", "rules 9", "presets", "aggressive"
    )
    assert "1 on: tiers 20/20/1000; values a 20, b 20, c 1000" in said
    assert "no rule is on - keeps 172" in said
    assert "one every 2000 steps" in said
    assert "that balanced (changed) deletes" in said
    assert "'9' is no rule" in said
    assert "keeps 20 - deletes 152" in said


def test_sort_and_filter_and_free(review: Review):
    said = review(
        "filter step<=300", "sort", "size", "list", "filter bleu>3", "filter", "", "free 1TB"
    )
    assert "3 rows shown" in said
    assert "sorted by size, descending" in said
    assert "end; 3 in all" in said
    assert "filter: 'bleu' is nothing to compare here" in said
    assert "no form of this policy frees 1.00 TB" in said


def test_artifacts_forecast_export_and_save(review: Review):
    said = review(
        "artifacts", "", "forecast", "export", "save mine", "save balanced", "save mine", "n"
    )
    assert "training.log" in said
    assert "a week" in said
    assert "wrote keepstep-plan.json" in said
    assert "comes with keepstep" in said
    assert "Replace your preset mine?" in said
    assert load_policy("mine").keep == load_policy("balanced").keep


def test_leaving_a_changed_plan_stays_unless_told(review: Review):
    said = review("rules 1c+", "quit", "", "0", "4")
    assert said.count("Nothing of this plan has been committed.") == 2


def test_read_only_writes_nothing(review: Review, run: Path):
    before = outline(run)
    said = review("pin 3", "commit", "export", "quit", read_only=True)
    assert said.count("this review is read-only") == 3
    assert "commit: show all" not in said
    assert outline(run) == before


@pytest.mark.parametrize(
    ("text", "positions"),
    [("3", [2]), ("2-4", [1, 2, 3]), ("4,1 2-2", [0, 1, 3]), ("all", [0, 1, 2, 3, 4]), ("", [])],
)
def test_rows_by_number(text: str, positions: list[int]):
    assert chosen(text, 5) == positions


@pytest.mark.parametrize("text", ["0", "6", "x", "1-", "-1", "1-9", "٣", "1.5"])
def test_a_row_that_is_none_is_said(text: str):
    with pytest.raises(ChoiceError):
        chosen(text, 5)


def _on_a_dumb_terminal(root: Path, *answers: str, plain: bool = False) -> str:
    """What a real process says on a pseudo-terminal that draws nothing."""
    keyboard, terminal = pty.openpty()
    env = {**os.environ, "TERM": "xterm-256color" if plain else "dumb"}
    words = ["--plain"] if plain else []
    process = subprocess.Popen(
        [*COMMAND, *words, "--apparent", "--policy", "balanced", str(root)],
        stdin=terminal, stdout=terminal, stderr=terminal, env=env,
    )  # fmt: skip
    os.close(terminal)
    os.write(keyboard, "".join(f"{answer}\n" for answer in answers).encode())
    shown = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            shown += os.read(keyboard, 65536)
        except OSError:  # it has closed its side
            break
    os.close(keyboard)
    assert process.wait(60) == 0
    assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", shown), "a control code"
    assert shown.isascii()
    return shown.decode().replace("\r\n", "\n")


def test_a_dumb_terminal_gets_lines_and_no_escapes(run: Path):
    shown = _on_a_dumb_terminal(run, "list", "quit")
    assert "so this is --plain" in shown
    assert "checkpoint-16900, step 16900" in shown


@pytest.mark.parametrize("plain", [True, False])
def test_every_command_on_a_real_terminal_without_control_codes(run: Path, plain: bool):
    before = outline(run, without=".keepstep")
    shown = _on_a_dumb_terminal(
        run,
        "help", "list", "runs", "why 3", "pin 3", "note 4", "figure 4", "mark 5", "slim 6",
        "rules", "1c+", "presets", "conservative", "compare", "forecast", "sort", "size",
        "filter", "step<5000", "filter", "", "free 1GB", "artifacts", "", "save mine", "export",
        "commit", "y", "0", "trash", "undo", "rescan", "quit", "4",
        plain=plain,
    )  # fmt: skip
    for words in ("figure 4", "sorted by size", "rows shown", "wrote keepstep-plan.json"):
        assert words in shown
    assert outline(run, without=".keepstep") == before


def test_order_filter_and_rules_come_back(run: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(run.parent / "state"))
    _on_a_dumb_terminal(run, "sort size", "filter tier:2", "rules 1a+", "quit", "4")
    shown = _on_a_dumb_terminal(run, "rules", "", "list", "quit", "4")
    assert "rules as you left them" in shown
    assert "1 on: tiers 21/20/1000" in shown
    assert "the filter tier:2 shows" in shown
    assert "checkpoint-17000, step 17000" not in shown


def test_one_run_of_several(tmp_path: Path, run: Path):
    build_sample_run(run / "another", now=NOW)
    shown = _on_a_dumb_terminal(
        run, "runs", "2", "commit", "n", "127", "trash", "", "runs", "", "quit"
    )
    assert "there are several runs here" in shown
    assert "only another; a commit is about that run alone" in shown
    assert "The other runs stay as they are: 127 more" in shown
    assert len(list((run / "another").glob("checkpoint-*"))) == 45
    assert len(list(run.glob("checkpoint-*"))) == 172


def test_too_little_room_is_said(review: Review, run: Path, tmp_path: Path):
    policy = tmp_path / "roomy.yaml"
    policy.write_text("keep: [{last: 20}]\nmin_free: 100%")
    said = review("commit", "n", "150", policy=str(policy))
    assert "are free, less than min_free 100%, so purge the trash soon" in said
