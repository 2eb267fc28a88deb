"""The journey of a run through the commands: look, plan, prune, regret, prune for good."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pytest

from ..policies.trees import hugging_face
from ..tree_snapshot import snapshot
from .command_line import at_a_terminal, build_run, invoke, keepstep

LAST_5 = ("--keep-last", "5")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return build_run(tmp_path / "run7")


def test_scan_plan_prune_history_undo(run: Path):
    before = snapshot(run)
    scanned = json.loads(keepstep("scan", run, "--json").stdout)
    planned = json.loads(keepstep("plan", run, *LAST_5, "--json").stdout)
    assert snapshot(run, without=()) == before, "looking leaves no trace"
    doomed = {d["id"] for d in planned["decisions"] if d["action"] == "delete"}
    assert len(scanned["checkpoints"]) == 30
    assert len(doomed) == 25

    pruned = keepstep("prune", run, *LAST_5, "-y")
    assert pruned.returncode == 0
    assert "moved 25 checkpoints to the trash" in pruned.stdout
    assert f"keepstep purge {run}" in pruned.stdout
    assert {p.name for p in run.glob("checkpoint-*")} == {
        f"checkpoint-{step}" for step in range(2600, 3100, 100)
    }
    entries = json.loads(keepstep("history", run, "--json").stdout)
    assert [(e["checkpoints"], e["state"]) for e in entries["commits"]] == [(25, "in trash")]
    assert entries["commits"][0]["id"] in keepstep("history", run).stdout

    undone = keepstep("undo", run)
    assert undone.returncode == 0
    assert "put back 25 checkpoints" in undone.stdout
    assert snapshot(run) == before
    assert "nothing to undo" in keepstep("undo", run).stdout


def test_the_plan_says_policy_reasons_and_sums(run: Path):
    done = keepstep("plan", run, *LAST_5)
    lines = done.stdout.splitlines()
    assert lines[0] == "policy: last 5 (from the options)"
    assert lines[1] == "Keep the last 5; delete the rest."
    assert sum("  delete  " in line for line in lines) == 25
    assert any("target of latest" in line for line in lines)
    assert lines[-1].startswith("frees ")
    assert lines[-1].endswith(" · keeps 5 · deletes 25")
    assert done.stderr == ""


def test_without_a_policy_the_output_says_which(run: Path):
    default = "policy: balanced (default; none is named or saved for this run)"
    assert invoke("plan", run).stdout.splitlines()[0] == default
    (run / ".keepstep").mkdir()
    saved = run / ".keepstep" / "policy.yaml"
    saved.write_text("name: mine\nkeep: [{last: 4}]\n")
    assert invoke("plan", run).stdout.splitlines()[0] == f"policy: mine (saved in {saved})"
    assert invoke("prune", run, "-y").exit_code == 0, "a saved policy may run unattended"


def test_not_on_a_terminal_the_review_prints_the_plan(run: Path):
    before = snapshot(run, without=())
    for arguments in ((run,), (run, "--read-only"), (run, "--policy", "last-20")):
        done = keepstep(*arguments)
        assert done.returncode == 0
        assert done.stdout.splitlines()[-1].startswith("frees ")
    assert snapshot(run, without=()) == before
    assert keepstep(cwd=run).stdout == keepstep(run).stdout, "DIR is the current directory"


def test_a_command_wins_over_a_directory_of_its_name(tmp_path: Path):
    build_run(tmp_path / "scan", range(100, 300, 100))
    assert "Missing argument" in keepstep("scan", cwd=tmp_path).stderr
    assert "checkpoint-100" in keepstep("./scan", cwd=tmp_path).stdout


def test_a_dry_run_changes_nothing(run: Path):
    before = snapshot(run, without=())
    done = keepstep("prune", run, *LAST_5, "--dry-run", "-y")
    assert done.returncode == 0
    assert "deletes 25" in done.stdout
    assert snapshot(run, without=()) == before


def test_a_person_is_asked(run: Path):
    before = snapshot(run, without=())
    code, _, shown = at_a_terminal("n\n", "prune", run, *LAST_5)
    assert "Move 25 checkpoints to the trash? [y/N]" in shown
    assert code == 1
    assert snapshot(run, without=()) == before
    assert at_a_terminal("\n", "prune", run, *LAST_5)[0] == 1, "the default is no"
    code, out, _ = at_a_terminal("y\n", "prune", run, *LAST_5)
    assert code == 0
    assert "moved 25 checkpoints" in out
    code, out, shown = at_a_terminal("y\n", "purge", run)
    assert "Delete 1 commit for good? [y/N]" in shown
    assert code == 0
    assert "measured" in out


def test_beside_json_the_person_still_sees_the_plan(run: Path):
    code, out, shown = at_a_terminal("y\n", "prune", run, *LAST_5, "--json")
    assert code == 0
    assert len(json.loads(out)["commit"]["trashed"]) == 25
    assert "deletes 25" in shown


def test_purge_frees_and_cannot_be_undone(run: Path):
    keepstep("prune", run, *LAST_5, "-y")
    assert "nothing in the trash" in keepstep("purge", run, "--older-than", "7d", "-y").stdout
    done = keepstep("purge", run, "-y")
    assert done.returncode == 0
    assert "promised" in done.stdout
    assert "measured" in done.stdout
    assert json.loads(keepstep("history", run, "--json").stdout)["commits"][0]["state"] == "purged"
    assert "nothing to undo" in keepstep("undo", run).stdout
    assert keepstep("purge", run).returncode == 0, "nothing to ask about"


def test_prune_with_purge_reports_the_measured_space(run: Path):
    done = json.loads(keepstep("prune", run, *LAST_5, "-y", "--purge", "--json").stdout)
    assert done["commit"]["purged"] is True
    assert isinstance(done["commit"]["freed_measured"], int)
    assert not any((run / ".keepstep" / "trash").glob("*/*"))


def test_no_undo_window_purges_at_once(run: Path, tmp_path: Path):
    policy = tmp_path / "now.yaml"
    policy.write_text("keep: [{last: 5}]\nundo_window: 0\n")
    done = keepstep("prune", run, "--policy", policy, "-y")
    assert "deleted 25 checkpoints for good" in done.stdout


def test_old_trash_is_purged_by_the_next_prune_and_said(run: Path, tmp_path: Path):
    policy = tmp_path / "soon.yaml"
    policy.write_text("keep: [{last: 5}]\nundo_window: 1s\n")
    keepstep("prune", run, "--policy", policy, "-y")
    time.sleep(1.1)
    shown = keepstep("prune", run, "--policy", policy, "--dry-run", "-y")
    assert "trash older than 1s is purged too: 1 commit" in shown.stdout
    done = keepstep("prune", run, "--policy", policy, "-y")
    assert done.returncode == 0
    assert "nothing to delete" in done.stdout
    assert "older than 1s in the trash:" in done.stdout
    assert json.loads(keepstep("history", run, "--json").stdout)["commits"][0]["state"] == "purged"


def test_pins_bind_every_policy(run: Path):
    first, second = "checkpoint-100", "checkpoint-200"
    done = keepstep("pin", run, first, f"{run / second}/", "--note", "figure 4")
    assert done.stdout == f"pinned {first}\npinned {second}\n"
    pins = json.loads(keepstep("pins", run, "--json").stdout)["pins"]
    assert [(p["id"], p["note"]) for p in pins] == [(first, "figure 4"), (second, "figure 4")]
    assert "figure 4" in keepstep("pins", run).stdout
    assert keepstep("unpin", run, second).stdout == f"unpinned {second}\n"
    trashed = json.loads(keepstep("prune", run, *LAST_5, "-y", "--json").stdout)["commit"][
        "trashed"
    ]
    assert second in trashed
    assert first not in trashed


def test_a_plan_file_is_applied_later(run: Path, tmp_path: Path):
    file = tmp_path / "plan.json"
    written = keepstep("plan", run, *LAST_5, "-o", file)
    assert str(file) in written.stderr
    assert json.loads(file.read_text())["summary"]["delete"] == 25
    assert list(tmp_path.glob("*.new")) == []
    done = keepstep("apply", file, "-y")
    assert done.returncode == 0
    assert "moved 25 checkpoints" in done.stdout


def test_what_prune_would_do_can_be_applied(run: Path, tmp_path: Path):
    file = tmp_path / "plan.json"
    file.write_text(keepstep("prune", run, *LAST_5, "--dry-run", "--json").stdout)
    assert keepstep("apply", file, "-y").returncode == 0


def test_presets_own_ones_included(tmp_path: Path):
    home = {"XDG_CONFIG_HOME": str(tmp_path)}
    own = tmp_path / "keepstep" / "presets"
    own.mkdir(parents=True)
    (own / "mine.yaml").write_text("# for figure 4\nname: mine\nkeep:\n  - last: 7\n")
    (own / "broken.yaml").write_text("keep: []\n")
    listed = keepstep("presets", env=home)
    assert "balanced" in listed.stdout
    assert str(own) in listed.stderr
    assert "cannot be used: " in listed.stdout, "one that is broken does not hide the others"
    printed = keepstep("presets", "mine", env=home)
    assert printed.stdout == (own / "mine.yaml").read_text()
    assert "unknown preset" in keepstep("presets", "nope", env=home).stderr


def test_demo_builds_and_prints_its_plan(tmp_path: Path):
    done = keepstep("demo", tmp_path / "run7")
    assert done.returncode == 0
    assert str(tmp_path / "run7") in done.stderr
    assert "deletes 127" in done.stdout.splitlines()[-1]
    again = keepstep("demo", tmp_path / "run7")
    assert again.returncode == 2
    assert "not empty" in again.stderr
    temporary = keepstep("demo", env={"TMPDIR": str(tmp_path)})
    assert str(tmp_path / "keepstep-demo-") in temporary.stderr


def test_a_plan_says_how_far_the_best_may_be_trusted(tmp_path: Path):
    run = tmp_path / "run7"
    wavering = [0.50, 0.52] * 6
    losses = dict(zip(range(100, 1300, 100), wavering, strict=True)) | {900: 0.46}
    hugging_face(run, losses, losses=losses)
    shutil.rmtree(run / "checkpoint-900")
    best = ("--keep-best", "1", "--metric", "eval_loss", "--mode", "min")
    [never_saved, as_good] = [
        line for line in keepstep("plan", run, *best).stderr.splitlines() if line.startswith("note")
    ]
    assert "(0.46) was measured at step 900, of which there is no checkpoint" in never_saved
    assert "the best that is there is checkpoint-1100 (0.5)" in never_saved
    assert "10 others are as good as the best eval_loss" in as_good
