"""`forecast` and `compare`: what will be, what would differ, and how both are refused."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from ..policies.trees import set_saved
from ..tree_snapshot import snapshot
from .command_line import COMMAND, LONG_AGO, build_run, invoke, keepstep, refused

PUBLISHED = ("--every-steps", "100", "--steps", "50000", "--size", "3.6GB")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A save an hour, and no link that would protect one of them for ever."""
    root = build_run(tmp_path / "run7")
    (root / "latest").unlink()
    for order in range(30):
        set_saved(root / f"checkpoint-{(order + 1) * 100}", LONG_AGO + 3600 * order)
    return root


def test_a_forecast_in_words(run: Path):
    before = snapshot(run, without=())
    done = keepstep("forecast", run, "--keep-last", "5")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "policy: last 5 (from the options)"
    assert lines[2].startswith("checkpoint-*: a save of ")
    assert lines[2].endswith(" every 100 steps, every 1 h")
    rows = [line.split() for line in lines]
    assert ["a", "week", "198"] in [row[:3] for row in rows]
    assert ["a", "year", "8670"] in [row[:3] for row in rows]
    assert "comes to rest at 5 checkpoints" in done.stdout
    assert "without the policy the disk is full" in lines[-1]
    assert "days" not in done.stdout, "no plot in a pipe"
    assert snapshot(run, without=()) == before


def _on_a_terminal(run: Path, **env: str) -> str:
    keyboard, terminal = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "forecast", run], stdout=terminal, stdin=subprocess.DEVNULL,
        env={**os.environ, "COLUMNS": "80", **env},
    )  # fmt: skip
    os.close(terminal)
    seen = b""
    try:
        while chunk := os.read(keyboard, 65536):
            seen += chunk
    except OSError:
        pass  # how a terminal says that its other side is closed
    os.close(keyboard)
    assert process.wait(timeout=60) == 0
    return seen.decode()


def test_a_plot_on_a_terminal(run: Path):
    seen = _on_a_terminal(run, PYTHONIOENCODING="utf-8")
    lines = seen.split("without the policy", maxsplit=1)[0].splitlines()
    [axis] = [line for line in lines if "(days)" in line]
    assert len(axis) <= 80
    assert any(line.endswith(" without") for line in lines)
    assert "\x1b" not in seen, "no colour is needed to read it"


def test_no_plot_where_it_would_be_noise(run: Path):
    assert "(days)" not in _on_a_terminal(run, PYTHONIOENCODING="ascii")
    assert "(days)" not in _on_a_terminal(run, PYTHONIOENCODING="utf-8", COLUMNS="40")


def test_a_sparse_run_is_forecast_by_its_lengths(tmp_path: Path):
    """The demo is one: its files say gigabytes and take none."""
    keepstep("demo", tmp_path / "demo")
    asked = ("forecast", tmp_path / "demo", "--apparent")
    said = invoke(*asked).stdout
    assert "a save of 3.6 GB every 100 steps" in said
    assert "617 GB" in said
    assert "the disk" not in said, "lengths say nothing about free blocks"
    by_length = json.loads(invoke(*asked, "--json").stdout)
    by_blocks = json.loads(invoke(*asked[:-1], "--json").stdout)
    assert by_length["now"]["without"]["bytes"] > 1000 * by_blocks["now"]["without"]["bytes"]
    assert by_length["free_bytes"] is None
    refused(invoke("forecast", *PUBLISHED, "--apparent"), "--apparent")


def test_a_forecast_for_scripts(run: Path):
    document = json.loads(invoke("forecast", run, "--keep-last", "5", "--json").stdout)
    assert set(document) == {
        "format", "version", "root", "policy", "free_bytes", "cadences", "now", "points",
        "fills_in_seconds", "steady", "growth_bytes_a_month",
    }  # fmt: skip
    assert (document["format"], document["version"]) == ("keepstep/forecast", 1)
    assert [one["after"] for one in document["points"]] == [
        "a week", "a month", "6 months", "a year",
    ]  # fmt: skip
    assert document["points"][0]["without"]["checkpoints"] == 30 + 168
    assert document["points"][0]["with"]["checkpoints"] == 5
    assert (document["cadences"][0]["every"], document["cadences"][0]["seconds"]) == (100, 3600)
    assert document["steady"] is True


def test_the_published_example():
    done = invoke("forecast", *PUBLISHED)
    assert "without a policy: 500 checkpoints, 1.8 TB" in done.stdout
    assert "with it: 76 checkpoints, 274 GB" in done.stdout
    assert "says 80" in done.stdout
    document = json.loads(invoke("forecast", *PUBLISHED, "--policy", "balanced", "--json").stdout)
    assert document["format"] == "keepstep/estimate"
    assert document["without"] == {"checkpoints": 500, "bytes": 1_800_000_000_000}
    assert document["with"]["checkpoints"] == 76
    assert document["rule_of_thumb"] == 80
    shown = invoke("forecast", "--help").stdout
    assert "without a policy: 500 checkpoints, 1.8 TB" in shown
    assert "with it: 76 checkpoints, 274 GB" in shown


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ("", ("DIR", "--every-steps")),
        ("--every-steps 100 --steps 500", ("--size",)),
        ("--every-steps 0 --steps 500 --size 1GB", ("--every-steps", "at least 1")),
        ("--every-steps 100 --steps 50 --size 1GB", ("--steps", "at least 100")),
        ("--every-steps 1 --steps 900000000 --size 1GB", ("--steps",)),
        ("--every-steps 100 --steps 500 --size big", ("--size", "500GB")),
        ("--every-steps 100 --steps 500 --size 0B", ("--size",)),
        ("nope", ("nope",)),
    ],
)
def test_refused_forecasts(options: str, names: tuple[str, ...]):
    refused(invoke("forecast", *options.split()), *names)


def test_a_forecast_needs_a_pace(run: Path, tmp_path: Path):
    refused(invoke("forecast", run, *PUBLISHED), "without DIR")
    one = build_run(tmp_path / "one", range(100, 200, 100))
    refused(invoke("forecast", one), "two checkpoints")
    (tmp_path / "empty").mkdir()
    refused(invoke("forecast", tmp_path / "empty"), "two checkpoints")


def test_compare(run: Path, tmp_path: Path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("keep: [{last: 3}, {first: 2}]\n")
    done = keepstep("compare", run, "last-20", mine)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("last-20: frees ")
    assert f"{mine} keeps 2 checkpoints" in lines[-1]
    assert "that last-20 deletes" in lines[-1]
    assert "last-20 keeps 17 checkpoints" in lines[-2]
    assert "both keep 3 checkpoints and delete 8" in lines[-3]
    assert "they do the same here" in invoke("compare", run, "last-20", "last-20").stdout


def test_compare_for_scripts(run: Path):
    document = json.loads(invoke("compare", run, "last-20", "aggressive", "--json").stdout)
    assert set(document) == {
        "format", "version", "root", "a", "b", "kept_by_both", "deleted_by_both",
    }  # fmt: skip
    assert (document["format"], document["version"]) == ("keepstep/compare", 1)
    assert set(document["a"]) == {
        "policy", "keeps_alone", "bytes", "keeps_whole_alone", "whole_bytes",
    }  # fmt: skip
    assert document["a"]["policy"]["name"] == "last-20"
    assert document["a"]["bytes"]["certain"] > 0


def test_refused_comparisons(run: Path, tmp_path: Path):
    refused(invoke("compare", run, "balanced"), "B")
    refused(invoke("compare", run, "balanced", "nope"), "nope")
    refused(invoke("compare", tmp_path / "nope", "balanced", "last-20"), "nope")
