"""`schedule`: what it prints runs as cron and systemd would run it, whatever the names."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from .command_line import build_run, invoke, keepstep, refused

ODD = 'a run\'s 50% $HOME \\ "x"'


def _cron(stdout: str) -> str:
    """The crontab line."""
    [line] = [line for line in stdout.splitlines() if " * * * " in line]
    return line


def test_the_crontab_line_runs_without_a_path(tmp_path: Path):
    run = build_run(tmp_path / ODD)
    log = tmp_path / "the 1% log"
    done = keepstep("schedule", run, "--keep-last", "20", "--at", "4:05", "--log", log)
    assert done.returncode == 0, done.stderr
    assert (done.stderr, len(list(run.glob("checkpoint-*")))) == ("", 30), "it only prints"
    line = _cron(done.stdout)
    assert line.startswith("5 4 * * * /")
    command = line.removeprefix("5 4 * * * ").replace(r"\%", "%")  # as cron reads it
    for _ in range(2):
        ran = subprocess.run(
            ["/bin/sh", "-c", command], env={"HOME": str(tmp_path)}, cwd="/", check=False,
            capture_output=True, text=True,
        )  # fmt: skip
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", ""), log.read_text()
    first, second = log.read_text().splitlines()
    assert "moved 10 checkpoints" in first
    assert "nothing to delete; 20 left" in second


def test_the_units(tmp_path: Path):
    run = build_run(tmp_path / ODD)
    lines = keepstep("schedule", run, "--policy", "balanced", "--log", "/tmp/k.log").stdout
    quoted = str(tmp_path) + r"/a run's 50%% $$HOME \\ \"x\""
    assert f'prune "{quoted}" --policy balanced -y --quiet' in lines
    assert "ExecStart=/" in lines
    assert "StandardOutput=append:/tmp/k.log" in lines
    assert "OnCalendar=*-*-* 03:00:00" in lines
    assert ".timer\n" in lines


def test_a_saved_policy_is_looked_up_each_night(tmp_path: Path):
    run = build_run(tmp_path / "run7")
    invoke("plan", run, "--keep", "20", "--save")
    done = keepstep("schedule", run, env={"HOME": str(tmp_path)})
    assert f"prune {run} -y --quiet >> {tmp_path}/keepstep-run7.log 2>&1" in _cron(done.stdout)


def test_files_and_own_presets_by_their_path(tmp_path: Path):
    run = build_run(tmp_path / "run7")
    own = tmp_path / "keepstep" / "presets" / "mine.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("name: mine\nkeep: [{last: 4}]\n")
    log = ("--log", str(tmp_path / "log"))
    named = keepstep(
        "schedule", run, "--policy", "mine", *log, env={"XDG_CONFIG_HOME": str(tmp_path)}
    )
    beside = keepstep("schedule", run, "--policy", "./mine.yaml", *log, cwd=own.parent)
    for done in (named, beside):
        assert f"--policy {own} -y" in _cron(done.stdout)


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ("", ("--policy", "--save", "default")),
        ("--keep 3 --at 25:00", ("--at", "25:00")),
        ("--keep 3 --at noon", ("--at", "noon")),
        ("--policy nope", ("nope",)),
        ("--keep 3 --log /nope/x.log", ("--log", "/nope")),
    ],
)
def test_refused(options: str, names: tuple[str, ...], tmp_path: Path):
    run = build_run(tmp_path / "run7", range(100, 400, 100))
    refused(invoke("schedule", run, *options.split()), *names)


def test_refused_roots(tmp_path: Path):
    refused(invoke("schedule", tmp_path / "nope", "--keep", "3"), "nope")
    refused(invoke("schedule", "/", "--keep", "3"), "system directory")
    odd = tmp_path / "two\nlines"
    odd.mkdir()
    refused(invoke("schedule", odd, "--keep", "3"), "neither cron nor systemd")
