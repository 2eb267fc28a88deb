"""`--free`, `--save`, `--quiet` and `min_free`: space by wish, policies that stay, nights alone."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ..tree_snapshot import snapshot
from .command_line import at_a_terminal, build_run, invoke, keepstep, refused


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return build_run(tmp_path / "run7")


@pytest.fixture
def some(run: Path) -> str:
    """What deleting 20 of the 30 frees."""
    done = invoke("plan", run, "--keep-last", "10", "--json")
    return f"{json.loads(done.stdout)['summary']['freed']['certain']}B"


def test_a_plan_that_frees_enough(run: Path, some: str):
    done = invoke("plan", run, "--keep-last", "20", "--free", some)
    assert done.exit_code == 0, done.stderr
    lines = done.stdout.splitlines()
    assert re.match(r"to free .* kB: frees .* kB: last 10 instead of last 20$", lines[0])
    assert lines[1].startswith("policy: last 20 (changed) (from the options; for --free ")
    assert lines[-1].endswith("keeps 10 · deletes 20")


def test_a_policy_that_frees_enough_as_it_is(run: Path, some: str):
    lines = invoke("plan", run, "--keep-last", "5", "--free", some).stdout.splitlines()
    assert lines[0].endswith("the policy as it is")
    assert lines[1] == "policy: last 5 (from the options)"


def test_the_proposal_can_be_applied(run: Path, some: str, tmp_path: Path):
    file = tmp_path / "plan.json"
    done = invoke("plan", run, "--keep-last", "20", "--free", some, "--json", "-o", file)
    document = json.loads(done.stdout)
    assert document["policy"]["keep"] == [{"last": 10}]
    assert "instead of last 20" in done.stderr
    assert keepstep("apply", file, "-y").returncode == 0
    assert len(list(run.glob("checkpoint-*"))) == 10


def test_when_nothing_frees_so_much(run: Path):
    before = snapshot(run, without=())
    for command in (("plan",), ("plan", "--json"), ("prune", "-y")):
        done = invoke(command[0], run, "--keep", "20", "--free", "500GB", *command[1:])
        assert done.exit_code == 1
        assert "500 GB too little" in done.stdout + done.stderr
    quiet = keepstep("prune", run, "--keep", "20", "--free", "500GB", "-y", "--quiet")
    assert (quiet.returncode, quiet.stdout.count("\n"), quiet.stderr) == (1, 1, "")
    assert quiet.stdout.endswith("; nothing changed\n")
    assert snapshot(run, without=()) == before


def test_prune_asks_about_the_proposal(run: Path, some: str):
    code, out, shown = at_a_terminal("y\n", "prune", run, "--keep", "20", "--free", some)
    assert "Move 20 checkpoints to the trash? [y/N]" in shown
    assert "last 10 instead of last 20" in out
    assert code == 0


@pytest.mark.parametrize("amount", ["much", "500", "-5GB", "0B", ""])
def test_refused_amounts(amount: str, run: Path):
    refused(invoke("plan", run, "--free", amount), "--free")
    refused(invoke("prune", run, "--keep", "5", "-y", "--free", amount), "--free")


def test_a_wish_for_space_names_no_policy(run: Path):
    refused(invoke("prune", run, "-y", "--free", "1kB"), "--policy")


def test_a_saved_policy_is_the_runs_own(run: Path):
    saved = run / ".keepstep" / "policy.yaml"
    done = invoke("plan", run, "--keep-last", "7", "--save")
    assert done.exit_code == 0, done.stderr
    assert str(saved) in done.stderr
    assert list(saved.parent.glob("*.new")) == []
    assert invoke("plan", run).stdout.splitlines()[0] == f"policy: last 7 (saved in {saved})"
    assert invoke("plan", run, "--keep-last", "7", "--save").exit_code == 0, "the same again"
    before = saved.read_bytes()
    refused(invoke("plan", run, "--keep-last", "8", "--save"), str(saved), "--force")
    assert saved.read_bytes() == before
    assert invoke("plan", run, "--keep-last", "8", "--save", "--force").exit_code == 0
    assert invoke("prune", run, "-y").exit_code == 0
    assert len(list(run.glob("checkpoint-*"))) == 8


def test_a_proposal_can_be_saved(run: Path, some: str):
    invoke("plan", run, "--keep-last", "20", "--free", some, "--save")
    assert "last: 10" in (run / ".keepstep" / "policy.yaml").read_text()


def test_a_proposal_that_falls_short_is_not_saved(run: Path):
    assert invoke("plan", run, "--keep", "20", "--free", "500GB", "--save").exit_code == 1
    assert not (run / ".keepstep").exists()


def test_refused_saves(run: Path):
    before = snapshot(run, without=())
    refused(invoke("plan", run, "--save"), "--save", "--policy")
    refused(invoke("plan", run, "--keep", "3", "--force"), "--force", "--save")
    useless = ("--policy", "last-20", "--keep", "3")
    refused(invoke("plan", run, *useless, "--save"), "last 3 adds nothing")
    assert snapshot(run, without=()) == before
    (run / ".keepstep").write_text("in the way")
    refused(invoke("plan", run, "--keep", "3", "--save"), ".keepstep")


def test_one_line_for_a_log(run: Path):
    done = keepstep("prune", run, "--keep", "5", "-y", "--quiet")
    assert done.returncode == 0
    assert done.stderr == ""
    pattern = (
        rf"\d{{4}}-\d\d-\d\d \d\d:\d\d {re.escape(str(run))} \(last 5\): moved 25 checkpoints, "
        r"\S+ kB, to the trash \(commit \S+\); 5 left\n"
    )
    assert re.fullmatch(pattern, done.stdout)
    again = keepstep("prune", run, "--keep", "5", "-y", "-q").stdout
    assert again.endswith("(last 5): nothing to delete; 5 left\n")
    assert again.count("\n") == 1
    for options in ((), ("-y", "--json"), ("-y", "--dry-run")):
        refused(invoke("prune", run, "--keep", "3", "--quiet", *options), "--quiet")


def _policy(tmp_path: Path, min_free: str) -> Path:
    file = tmp_path / "roomy.yaml"
    file.write_text(f"name: roomy\nkeep: [{{last: 5}}]\nmin_free: {min_free}\n")
    return file


def test_the_trash_makes_room(run: Path, tmp_path: Path):
    invoke("prune", run, "--keep", "20", "-y")
    policy = _policy(tmp_path, "100%")
    shown = invoke("prune", run, "--policy", policy, "--dry-run").stdout
    assert "less than min_free 100%" in shown
    asked = keepstep("prune", run, "--policy", policy, "-y")
    assert asked.returncode == 0
    assert "less than min_free 100%: after the commit the trash is purged for good" in asked.stdout
    assert "purged " in asked.stdout
    assert "cannot be undone" in asked.stdout.splitlines()[-1]
    commits = json.loads(keepstep("history", run, "--json").stdout)["commits"]
    assert [one["state"] for one in commits] == ["purged", "purged"]


def test_the_document_says_what_is_gone(run: Path, tmp_path: Path):
    policy = _policy(tmp_path, "100%")
    document = json.loads(keepstep("prune", run, "--policy", policy, "-y", "--json").stdout)
    assert document["commit"]["purged"] is True
    assert document["policy"]["min_free"] == "100%"


def test_enough_room_leaves_the_trash_alone(run: Path, tmp_path: Path):
    done = keepstep("prune", run, "--policy", _policy(tmp_path, "1kB"), "-y")
    assert "min_free" not in done.stdout
    assert (
        json.loads(keepstep("history", run, "--json").stdout)["commits"][0]["state"] == "in trash"
    )


def test_a_log_line_tells_of_the_purge(run: Path, tmp_path: Path):
    done = keepstep("prune", run, "--policy", _policy(tmp_path, "100%"), "-y", "-q")
    assert "purged 1 commit from the trash" in done.stdout
    assert done.stdout.count("\n") == 1
