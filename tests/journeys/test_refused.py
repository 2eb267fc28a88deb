"""Bad input of every kind: one sentence that names the thing, the right code, nothing lost."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..tree_snapshot import snapshot
from .command_line import as_nobody, build_run, invoke, keepstep, refused

ROOTED = ("scan", "plan", "prune", "undo", "history", "purge", "pins", "forecast")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return build_run(tmp_path / "run7", range(100, 1100, 100))


@pytest.fixture
def unchanged(run: Path) -> Iterator[Path]:
    """The run, which must be the same afterwards, to the byte."""
    before = snapshot(run, without=())
    yield run
    assert snapshot(run, without=()) == before


@pytest.mark.parametrize("command", ROOTED)
def test_a_root_that_is_none(command: str, tmp_path: Path):
    refused(invoke(command, tmp_path / "nope"), str(tmp_path / "nope"))
    file = tmp_path / "file"
    file.write_text("x")
    refused(invoke(command, file), str(file), "is a file")
    refused(invoke(command, "/"), "/", "system directory")


@pytest.mark.parametrize("command", ROOTED)
def test_a_home_directory(command: str, tmp_path: Path):
    refused(keepstep(command, tmp_path, env={"HOME": str(tmp_path)}), "home directory")


def test_an_empty_directory_is_no_error(tmp_path: Path):
    for command in (("scan",), ("plan",), ("prune", "--keep", "3", "-y")):
        done = invoke(command[0], tmp_path, *command[1:])
        assert done.exit_code == 0
        assert f"no checkpoints in {tmp_path}" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_word_that_is_neither_command_nor_directory(tmp_path: Path):
    refused(keepstep("pln", "x", cwd=tmp_path), "pln", "`keepstep plan`")
    refused(keepstep("--bogus", cwd=tmp_path), "--bogus")
    refused(keepstep("scan", "--bogus", cwd=tmp_path), "--bogus", "keepstep scan --help")


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("keep:\n  - lst: 3\n", "keep[0]"),
        ("keep:\n  - last: -3\n", "keep[0].last"),
        ("keep:\n  - last: 0\n", "keep[0].last"),
        ("keep: []\n", "keep"),
        ("keeep:\n  - last: 3\n", "keeep"),
        ("keep:\n  - best: {metric: nope, mode: min}\n", "keep[0].best.metric"),
        ("keep: [\n", "line"),
        ("undo_window: soon\nkeep: [{last: 3}]\n", "undo_window"),
    ],
    ids=lambda value: value.replace("\n", " ")[:30],
)
def test_a_policy_file_with_a_fault(text: str, field: str, unchanged: Path, tmp_path: Path):
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    for arguments in (("plan",), ("prune", "-y")):
        refused(invoke(arguments[0], unchanged, "--policy", file, *arguments[1:]), str(file), field)


def test_a_policy_that_is_not_there(unchanged: Path):
    refused(invoke("plan", unchanged, "--policy", "balancd"), "balancd", "'balanced'")
    refused(invoke("plan", unchanged, "--policy", "./nope.yaml"), "nope.yaml")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("--keep-last 0", "--keep-last"),
        ("--keep -3", "--keep-last"),
        ("--keep-first 0", "--keep-first"),
        ("--keep-every -1", "--keep-every"),
        ("--keep-best 0 --metric eval_loss", "--keep-best"),
        ("--keep-last many", "--keep-last"),
        ("--tier2-count 5", "--tier2-count needs --tier3-interval and --keep-last"),
        ("--tier3-interval 5", "--tier3-interval needs --tier2-count and --keep-last"),
        ("--keep-last 5 --tier2-count 5", "--tier2-count needs --tier3-interval"),
        ("--keep-last 5 --tier2-count 0 --tier3-interval 9", "--tier2-count"),
        ("--keep-last 5 --tier2-count 5 --tier3-interval -9", "--tier3-interval"),
        ("--keep-last 1 --tier2-count 5 --tier3-interval 9", "--keep-last"),
        ("--metric eval_loss", "--metric needs --keep-best"),
        ("--mode min", "--mode needs --keep-best"),
        ("--keep-best 2", "--keep-best needs --metric"),
        ("--keep-best 2 --metric odd", "--mode is needed"),
        ("--keep-best 2 --metric odd --mode min", "'odd'"),
        ("--keep-best 2 --metric eval_loss --mode up", "--mode"),
    ],
)
def test_policy_options(options: str, sentence: str, unchanged: Path):
    refused(invoke("plan", unchanged, *options.split()), sentence)
    refused(invoke("prune", unchanged, "-y", *options.split()), sentence)


def test_nothing_unattended_runs_on_the_default(unchanged: Path):
    refused(invoke("prune", unchanged, "-y"), "--policy", ".keepstep/policy.yaml")
    refused(invoke("prune", unchanged, "-y", "--json"), "--policy")


def test_without_a_terminal_only_yes_counts(unchanged: Path):
    for more in ((), ("--json",), ("--purge",)):
        done = keepstep("prune", unchanged, "--keep", "3", *more)
        refused(done, "terminal", "-y")
    assert keepstep("prune", unchanged, "--keep", "3", "--json").stdout == ""


def test_purge_without_a_terminal(run: Path):
    invoke("prune", run, "--keep", "3", "-y")
    before = snapshot(run, without=())
    refused(keepstep("purge", run), "terminal", "-y")
    refused(keepstep("purge", run, "-y", "--older-than", "soon"), "--older-than", "soon")
    assert snapshot(run, without=()) == before


def test_a_pin_of_what_is_not_there(unchanged: Path):
    refused(invoke("pin", unchanged, "checkpoint-100", "checkpoint-99"), "checkpoint-99")
    refused(invoke("unpin", unchanged, "checkpoint-99"), "checkpoint-99")


def test_an_undo_of_what_never_was(unchanged: Path):
    refused(invoke("undo", unchanged, "20250101-000000-0000"), "20250101-000000-0000")


def test_a_truncated_trainer_state_protects_its_checkpoint(run: Path):
    state = run / "checkpoint-300" / "trainer_state.json"
    state.write_bytes(state.read_bytes()[:40])
    before = snapshot(run)
    done = invoke("prune", run, "--keep", "3", "-y", "--json")
    assert done.exit_code == 0
    [one] = [d for d in json.loads(done.stdout)["decisions"] if d["id"] == "checkpoint-300"]
    assert one["action"] == "keep"
    assert "incomplete" in one["reasons"][0]["text"]
    assert (run / "checkpoint-300").is_dir()
    invoke("undo", run)
    assert snapshot(run) == before


def test_what_vanished_or_changed_since_the_plan_is_skipped(run: Path, tmp_path: Path):
    file = tmp_path / "plan.json"
    invoke("plan", run, "--keep", "3", "-o", file)
    shutil.rmtree(run / "checkpoint-100")
    (run / "checkpoint-200" / "config.json").write_text('{"changed": true}')
    invoke("pin", run, "checkpoint-300")
    done = invoke("apply", file, "-y")
    assert done.exit_code == 1
    assert "skipped checkpoint-100: vanished" in done.stdout
    assert "skipped checkpoint-200: changed" in done.stdout
    assert "skipped checkpoint-300: now kept: pinned" in done.stdout
    left = {p.name for p in run.glob("checkpoint-*")}
    assert left == {f"checkpoint-{step}" for step in (200, 300, 800, 900, 1000)}


def test_plan_files_that_do_not_fit(unchanged: Path, tmp_path: Path):
    file = tmp_path / "plan.json"
    refused(invoke("apply", tmp_path / "nope.json", "-y"), "nope.json")
    invoke("plan", unchanged, "--keep", "3", "-o", file)
    refused(keepstep("apply", file), "terminal", "-y")
    good = file.read_text()
    file.write_text(good.replace(str(unchanged), str(tmp_path / "elsewhere")))
    refused(invoke("apply", file, "-y"), str(file), "hash")
    for text, word in (("[]", "plan"), ("{", "JSON"), ("{}", "format"), (good[:-20], "JSON")):
        file.write_text(text)
        refused(invoke("apply", file, "-y"), str(file), word)


def test_a_plan_whose_root_has_gone(run: Path, tmp_path: Path):
    file = tmp_path / "plan.json"
    invoke("plan", run, "--keep", "3", "-o", file)
    run.rename(tmp_path / "moved")
    refused(invoke("apply", file, "-y"), str(run))


def test_a_plan_that_cannot_be_written(unchanged: Path, tmp_path: Path):
    refused(invoke("plan", unchanged, "-o", tmp_path / "no" / "p.json"), str(tmp_path / "no"))
    refused(invoke("plan", unchanged, "-o", tmp_path), str(tmp_path))
    assert invoke("plan", unchanged, "-o", "/dev/null").exit_code == 0
    assert Path("/dev/null").is_char_device(), "a device is written to, never replaced"


@pytest.fixture
def shared() -> Iterator[Path]:
    """A run that everybody can reach, and only its owner may change."""
    folder = Path(tempfile.mkdtemp(prefix="keepstep-shared-"))
    folder.chmod(0o755)
    try:
        yield build_run(folder / "run7", range(100, 1100, 100))
    finally:
        shutil.rmtree(folder)


def test_a_directory_that_cannot_be_read(shared: Path):
    shared.chmod(0)
    try:
        for command in ("scan", "plan", "history"):
            refused(as_nobody(command, shared), str(shared), "Permission denied")
    finally:
        shared.chmod(0o755)


def test_a_directory_that_cannot_be_written(shared: Path):
    before = snapshot(shared, without=())
    shared.chmod(0o555)
    assert as_nobody("plan", shared, "--keep", "3").returncode == 0
    done = as_nobody("prune", shared, "--keep", "3", "-y")
    refused(done, str(shared), "Permission denied")
    refused(as_nobody("pin", shared, "checkpoint-100"), str(shared))
    refused(as_nobody("plan", shared, "--keep", "3", "--save"), str(shared))
    shared.chmod(0o755)
    assert snapshot(shared, without=()) == before
