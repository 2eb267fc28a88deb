"""Files of a class that a policy names: shown, moved, put back; from options, files and keys."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from keepstep.policies.rules.preset_files import load_policy

from ..policies.trees import set_saved
from ..tree_snapshot import snapshot
from .command_line import LONG_AGO, build_run, invoke, keepstep, refused
from .reviewing import review

PICTURES = ("--keep-last", "28", "--delete-artifacts", "visualization")
EVENTS = ("--delete-artifacts", "event")
OLD, NEWEST = "events.out.tfevents.1.host", "events.out.tfevents.2.host"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    root = build_run(tmp_path / "run7")
    for name in ("loss.png", "plots/lr.png", OLD, NEWEST):
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
        set_saved(path, LONG_AGO)
    os.utime(root / NEWEST, (LONG_AGO + 1, LONG_AGO + 1))
    return root


def test_plan_prune_history_undo(run: Path):
    before = snapshot(run)
    planned = invoke("plan", run, *PICTURES, *EVENTS).stdout.splitlines()
    assert planned[1].endswith("delete the rest and the files of classes visualization and event.")
    assert planned[-1].endswith(" · keeps 28 · deletes 2 and 3 files")
    assert any(line.startswith(OLD) and " delete " in line for line in planned)
    assert any(line.startswith(NEWEST) and "may still be written" in line for line in planned)
    assert snapshot(run, without=()) == before

    pruned = invoke("prune", run, *PICTURES, *EVENTS, "-y")
    assert pruned.exit_code == 0, pruned.stderr
    assert "moved 2 checkpoints and 3 files to the trash" in pruned.stdout
    assert [p.name for p in run.rglob("*.png") if ".keepstep" not in p.parts] == []
    assert (run / NEWEST).exists()
    [entry] = json.loads(invoke("history", run, "--json").stdout)["commits"]
    assert entry["checkpoints"] == 2
    assert "2 and 3 files" in invoke("history", run).stdout

    assert "put back 2 checkpoints and 3 files" in invoke("undo", run).stdout
    assert snapshot(run) == before


def test_files_alone_are_something_to_do(run: Path):
    done = invoke("prune", run, "--keep", "30", *PICTURES[2:], "-y", "--quiet")
    assert "moved 2 files, " in done.stdout
    assert done.stdout.strip().endswith("; 30 left")
    assert "nothing to delete" in invoke("prune", run, "--keep", "30", *PICTURES[2:]).stdout
    purged = invoke("purge", run, "-y").stdout
    assert "2 files, " in purged
    assert not (run / "loss.png").exists()


def test_a_pinned_file_stays_whatever_the_policy_says(run: Path):
    assert invoke("pin", run, "plots/lr.png", "--note", "figure 2").stdout == (
        "pinned plots/lr.png\n"
    )
    assert not (run / "plots" / ".keepstep").exists(), "the pins of a run lie in one place"
    planned = invoke("plan", run, *PICTURES).stdout
    assert re.search(r"plots/lr.png .* keep +pinned: figure 2", planned)
    assert "figure 2" in invoke("pins", run).stdout
    for root in (run, run.parent):
        pruned = invoke("prune", root, *PICTURES, "-y")
        assert pruned.exit_code == 0, pruned.stderr
        assert (run / "plots" / "lr.png").exists()
    assert not (run / "loss.png").exists()
    assert invoke("unpin", run.parent, run / "plots/lr.png").stdout == (
        "unpinned run7/plots/lr.png\n"
    )
    invoke("prune", run, *PICTURES, "-y")
    assert not (run / "plots" / "lr.png").exists()
    refused(invoke("pin", run, "plots/lr.png"), "no checkpoint or artifact")


def test_a_pinned_file_without_a_checkpoint_beside_it(tmp_path: Path):
    root = build_run(tmp_path / "all" / "run7").parent
    (root / "notes").mkdir()
    (root / "notes" / "plan.png").write_text("x")
    assert invoke("pin", root, "notes/plan.png").exit_code == 0
    assert json.loads(invoke("pins", root, "--json").stdout)["pins"][0]["id"] == "notes/plan.png"
    assert "yes" in invoke("pins", root / "notes").stdout


def test_purged_at_once(run: Path):
    done = invoke("prune", run, *PICTURES, "-y", "--purge", "--json")
    document = json.loads(done.stdout)
    assert document["commit"]["purged"] is True
    assert {"loss.png", "plots/lr.png"} < set(document["commit"]["trashed"])


def test_without_a_class_no_command_speaks_of_files(run: Path):
    document = json.loads(invoke("plan", run, "--keep-last", "28", "--json").stdout)
    assert "artifacts" not in document
    assert "artifacts" not in document["policy"]
    assert "FILE" not in invoke("plan", run, "--keep-last", "28").stdout
    assert "file" not in invoke("prune", run, "--keep-last", "28", "-y").stdout
    assert (run / "loss.png").exists()


def test_apply_carries_out_what_still_fits(run: Path, tmp_path: Path):
    file = tmp_path / "plan.json"
    written = json.loads(invoke("plan", run, *PICTURES, "--json", "-o", file).stdout)
    assert {one["path"]: one["action"] for one in written["artifacts"]} == {
        "loss.png": "delete",
        "plots/lr.png": "delete",
    }
    (run / "loss.png").write_text("drawn again")
    done = invoke("apply", file, "-y")
    assert done.exit_code == 1
    assert "skipped loss.png: changed since the plan" in done.stdout
    assert "moved 2 checkpoints and 1 file to the trash" in done.stdout
    assert (run / "loss.png").read_text() == "drawn again"
    assert not (run / "plots/lr.png").exists()


def test_a_saved_policy_names_classes(run: Path):
    saved = invoke("plan", run, *PICTURES, "--save")
    assert saved.exit_code == 0, saved.stderr
    assert "artifacts:\n- visualization\n" in (run / ".keepstep/policy.yaml").read_text()
    assert "2 checkpoints and 2 files" in invoke("prune", run, "-y").stdout


def test_options_add_to_a_policy_file(run: Path, tmp_path: Path):
    file = tmp_path / "mine.yaml"
    file.write_text("name: mine\nkeep: [{last: 28}]\nartifacts: [visualization]\n")
    done = invoke("plan", run, "--policy", file, *PICTURES[2:], *EVENTS, "--json")
    assert json.loads(done.stdout)["policy"]["artifacts"] == ["visualization", "event"]


def test_compare_names_the_files(run: Path, tmp_path: Path):
    file = tmp_path / "mine.yaml"
    file.write_text("keep: [{last: 20}]\nartifacts: [visualization]\n")
    done = invoke("compare", run, "last-20", file)
    assert "keeps 2 files (" in done.stdout
    assert "plots/lr.png" in done.stdout
    document = json.loads(invoke("compare", run, "last-20", file, "--json").stdout)
    assert document["a"]["keeps_alone"] == ["loss.png", "plots/lr.png"]


def test_every_night(run: Path):
    line = invoke("schedule", run, *PICTURES, *EVENTS).stdout
    assert "--delete-artifacts visualization --delete-artifacts event -y" in line


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ("--delete-artifacts log", ("--delete-artifacts", "needs a policy beside it")),
        ("--keep 3 --delete-artifacts logs", ("--delete-artifacts", "did you mean 'log'?")),
        ("--keep 3 --delete-artifacts final-model", ("never deleted by a policy",)),
        ("--keep 3 --delete-artifacts log --delete-artifacts log", ("log is named twice",)),
    ],
)
def test_refused(options: str, names: tuple[str, ...], run: Path):
    refused(invoke("plan", run, *options.split()), *names)
    refused(invoke("prune", run, "-y", *options.split()), *names)


def test_as_a_process(run: Path):
    assert "and 2 files" in keepstep("plan", run, *PICTURES).stdout


async def test_the_review_shows_moves_and_puts_back(run: Path, tmp_path: Path):
    before = snapshot(run)
    file = tmp_path / "mine.yaml"
    file.write_text("name: mine\nkeep: [{last: 28}]\nartifacts: [visualization]\n")
    async with review(run, str(file), apparent=False) as person:
        assert "keeps 28 · deletes 2 and 2 files" in person.freed
        await person.press("c")
        assert "Commit: 2 checkpoints and 2 files to the trash?" in person.text
        assert any("visualization" in line and "plots/lr.png" in line for line in person.lines)
        await person.press("y")
        assert person.last.startswith("4 moved to the trash")
        assert not (run / "loss.png").exists()
        await person.press("u")
        assert person.last.startswith("Put back 2 checkpoints and 2 files of the last commit?")
        await person.press("y")
        assert person.last == "2 checkpoints and 2 files put back"
    assert snapshot(run) == before


async def test_the_review_says_which_files_go_and_why(run: Path, tmp_path: Path):
    invoke("pin", run, "plots/lr.png", "training.log", "--note", "figure 2")
    file = tmp_path / "mine.yaml"
    file.write_text("name: mine\nkeep: [{last: 28}]\nartifacts: [visualization]\n")
    async with review(run, str(file), size=(120, 40), apparent=False) as person:
        await person.press("a")
        assert "1 file goes with this policy, which names visualization" in person.text
        lines = [line.strip() for line in person.lines]
        at = {name: next(i for i, line in enumerate(lines) if line.endswith(name)) for name in (
            "loss.png", "lr.png", "training.log", OLD,
        )}  # fmt: skip
        said = {name: lines[i + 2] for name, i in at.items()}
        assert said["loss.png"] == "delete: the policy deletes the files of class visualization"
        assert said["lr.png"] == "keep: pinned: figure 2"
        assert said["training.log"] == "pinned: figure 2"
        assert "delete" not in said[OLD]
        await person.press("escape", "1", "a")
        assert "with this policy" not in person.text


async def test_presets_say_how_many_files_they_delete(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    file = tmp_path / "keepstep" / "presets" / "aa.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("name: aa\nkeep: [{last: 28}]\nartifacts: [visualization]\n")
    async with review(run, size=(120, 40), apparent=False) as person:
        await person.press("p")
        [line] = [line for line in person.lines if line.strip().startswith("aa ")]
        assert "  and 2 files   yours" in line


async def test_with_all_rules_off_no_file_goes(run: Path, tmp_path: Path):
    file = tmp_path / "mine.yaml"
    file.write_text("name: mine\nkeep: [{last: 28}]\nartifacts: [visualization]\n")
    assert load_policy(str(file)).artifacts
    async with review(run, str(file), apparent=False) as person:
        await person.press("1")
        assert "deletes 0" in person.freed
        assert "file" not in person.freed
