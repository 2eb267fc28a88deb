"""Slimming from the command line and the keys to the disk, and back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from keepstep.policies.rules.preset_files import load_policy
from keepstep.tui.sample.run import build_sample_run

from ..policies.commit.test_slim import age
from ..policies.slimmable import trainer_run
from .command_line import invoke
from .reviewing import NOW, outline, review


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return age(trainer_run(tmp_path / "run7", range(100, 1100, 100)))


def _actions(run: Path, *options: str) -> str:
    done = invoke("plan", run, *options, "--json")
    assert done.exit_code == 0, done.stderr
    return "".join(one["action"][0] for one in json.loads(done.stdout)["decisions"])


BEST = ("--metric", "eval_loss", "--mode", "min")


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (("--keep-last", "2", "--slim-last", "4"), "ddddddsskk"),
        (("--keep-last", "2", "--slim-first", "2"), "ssddddddkk"),
        (("--keep-last", "2", "--slim-every", "500"), "ddddsdddkk"),
        (("--keep-last", "2", "--slim-best", "3", *BEST), "kssdddddkk"),
        (("--keep-last", "2", "--slim-within", "7d"), "sssssssskk"),
        (("--policy", "best-and-last", "--slim-every", "100"), "ksssssskkk"),
        (("--policy", "weights-history"), "ksssssskkk"),
    ],
)
def test_flags(run: Path, options: tuple[str, ...], wanted: str):
    assert _actions(run, *options) == wanted


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--slim-best", "1"), "--slim-best needs --metric"),
        (("--metric", "x"), "--metric needs --keep-best or --slim-best"),
        (("--slim-last", "0"), "--slim-last"),
        (("--slim-every", "-1"), "--slim-every"),
    ],
)
def test_refused(run: Path, options: tuple[str, ...], words: str):
    done = invoke("plan", run, *options)
    assert done.exit_code == 2
    assert words in done.stderr


def test_prune_tells_frees_and_undoes(run: Path):
    before = outline(run, without=".keepstep")
    options = ("--keep-last", "2", "--slim-every", "500")
    shown = invoke("prune", run, *options, "--dry-run").stdout
    assert "optimizer state: " in shown
    assert "keeps 2 · slims 1 · deletes 7" in shown
    assert outline(run) == before
    done = invoke("prune", run, *options, "-y")
    assert "moved 7 checkpoints and the optimizer state of 1 to the trash" in done.stdout
    assert "weights only, not resumable" in invoke("scan", run).stdout
    assert "7, 1 slimmed" in invoke("history", run).stdout
    assert "nothing to delete" in invoke("prune", run, *options, "-y").stdout
    told = invoke("undo", run).stdout
    assert "put back 7 checkpoints and the optimizer state of 1" in told
    assert outline(run, without=".keepstep") == before


def test_json_and_the_log_line(run: Path):
    done = invoke("prune", run, "--keep-last", "9", "--slim-last", "10", "-y", "--json")
    commit = json.loads(done.stdout)["commit"]
    assert (commit["trashed"], commit["slimmed"]) == ([], ["checkpoint-100"])
    invoke("undo", run)
    done = invoke("prune", run, "--keep-last", "9", "--slim-last", "10", "-y", "--quiet")
    assert "moved the optimizer state of 1 checkpoint, " in done.stdout
    assert done.stdout.rstrip().endswith("10 left")


def test_a_plan_file_is_applied(run: Path, tmp_path: Path):
    file = tmp_path / "plan.json"
    invoke("plan", run, "--keep-last", "1", "--slim-last", "3", "-o", file)
    done = invoke("apply", file, "-y")
    assert "moved 7 checkpoints and the optimizer state of 2 to the trash" in done.stdout
    assert not (run / "checkpoint-800" / "optimizer.pt").exists()


def test_a_saved_policy_keeps_its_slim_rules(run: Path):
    invoke("plan", run, "--keep-last", "1", "--slim-last", "3", "--save")
    assert _actions(run) == "dddddddssk"


def test_what_one_policy_slims_and_another_keeps_whole_is_listed(run: Path, tmp_path: Path):
    (tmp_path / "lean.yaml").write_text("keep: [last: 2]\nslim: [last: 4]\n")
    (tmp_path / "whole.yaml").write_text("keep: [last: 4]\n")
    names = (tmp_path / "whole.yaml", tmp_path / "lean.yaml")
    found = json.loads(invoke("compare", run, *names, "--json").stdout)
    assert found["a"]["keeps_whole_alone"] == ["checkpoint-700", "checkpoint-800"]
    assert found["a"]["whole_bytes"]["certain"] > 0
    assert found["b"]["keeps_whole_alone"] == found["a"]["keeps_alone"] == []
    assert found["b"]["whole_bytes"] == {"certain": 0, "possible": 0}
    told = invoke("compare", run, *names).stdout
    assert [line for line in told.splitlines() if "checkpoint-700" in line and "whole" in line]
    assert "keeps 2 checkpoints whole (" in told
    assert "do the same" not in told


async def test_by_hand_in_the_review(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    run = tmp_path / "run7"
    build_sample_run(run, now=NOW)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    before = outline(run, without=".keepstep")
    async with review(run, None) as person:
        await person.press("j", "j", "l")
        assert "slims 1" in person.freed
        await person.press("c")
        assert "the optimizer state of 1 checkpoint" in person.text
        await person.press("y")
        assert person.last.startswith("1 slimmed; space returns")
        folder = run / "checkpoint-16900"
        assert not (folder / "optimizer.pt").exists()
        assert (folder / "trainer_state.json.slimmed").exists()
        await person.press("enter")
        assert "weights only, not resumable" in person.text
        await person.press("escape", "u", "y")
        assert person.last == "the optimizer state of 1 checkpoint put back"
    assert outline(run, without=".keepstep") == before


async def test_the_preset_in_the_review(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    run = tmp_path / "run7"
    build_sample_run(run, now=NOW)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    async with review(run, load_policy("weights-history").name) as person:
        assert "keeps 7 · slims 39 · deletes 126" in person.freed
        assert "slim: tiers 20/20/1000" in person.text
        await person.press("3")
        assert "slims" not in person.freed
