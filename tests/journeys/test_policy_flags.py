"""Policies in one line of flags: each of the wishes that people have, and what is refused."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..policies.trees import set_saved
from .command_line import LONG_AGO, build_run, invoke, refused

HOUR = 3600.0


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Thirty checkpoints, one every twelve hours: one on the first and the last day, else two."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    root = build_run(tmp_path / "run7")
    for order in range(30):
        set_saved(root / f"checkpoint-{(order + 1) * 100}", LONG_AGO + 12 * HOUR * order)
    yield root
    monkeypatch.undo()
    time.tzset()


def _kept(run: Path, options: str) -> list[int]:
    done = invoke("plan", run, *options.split(), "--json")
    assert done.exit_code == 0, done.stderr
    decisions = json.loads(done.stdout)["decisions"]
    return [one["step"] for one in decisions if one["action"] == "keep"]


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ("--keep-within 2d", 4),
        ("--keep-within 36h", 3),
        ("--keep-hourly 5", 5),
        ("--keep-daily 4", 4),
        ("--keep-weekly 2", 2),
        ("--keep-yearly 1", 1),
        ("--keep-monthly 1", 1),
        ("--keep-within 2d --keep-daily 6", 7),
    ],
)
def test_by_time(options: str, kept: int, run: Path):
    assert len(_kept(run, options)) == kept


def test_the_newest_of_a_month(run: Path):
    assert 3000 in _kept(run, "--keep-monthly 1")


def test_options_may_outdo_a_preset_that_then_adds_nothing_itself(run: Path):
    assert len(_kept(run, "--policy last-20 --keep-last 25")) == 25


def test_flags_and_a_preset_are_a_union(run: Path):
    both = _kept(run, "--policy last-20 --keep-weekly 3 --keep-first 1")
    assert set(_kept(run, "--policy last-20")) < set(both)


def test_the_sentence_names_the_rules(run: Path):
    line = invoke("plan", run, "--keep-within", "7d", "--keep-daily", "30").stdout.splitlines()[1]
    assert "everything within 7d of the newest" in line
    assert "the newest of each of the last 30 days" in line


def test_what_is_near_to_the_best(run: Path):
    best = "--keep-best 1 --metric eval_loss"  # 1500; each step away from it loses 0.001
    assert _kept(run, best) == [1500, 3000]
    assert _kept(run, f"{best} --best-within 0.25") == [1500, 1700, 3000]
    document = json.loads(
        invoke("plan", run, *best.split(), "--best-within", "noise", "--json").stdout
    )["policy"]
    assert document["keep"][0]["best"]["within"] == "noise"


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ("--keep-last 1 --best-within noise", ("--best-within needs --keep-best or --slim-best",)),
        ("--keep-best 1 --metric eval_loss --best-within luck", ("--best-within", "noise")),
        ("--keep-best 1 --metric eval_loss --best-within -1", ("--best-within", "negative")),
        ("--keep-best 1 --metric eval_loss --best-within nan", ("--best-within", "a number")),
        ("--keep-within soon", ("--keep-within", "7d")),
        ("--keep-within 0d", ("--keep-within",)),
        ("--keep-hourly 0", ("--keep-hourly", "at least 1")),
        ("--keep-daily -2", ("--keep-daily", "at least 1")),
        ("--keep-weekly many", ("--keep-weekly",)),
        ("--keep-monthly 1.5", ("--keep-monthly",)),
        ("--keep-yearly 0", ("--keep-yearly",)),
        ("--keep-every-epochs 0", ("--keep-every-epochs", "at least 1")),
        ("--policy balanced --keep-last 10", ("--keep-last: last 10", "keep[0].graduated")),
        ("--policy balanced --keep-every 2000", ("--keep-every: every 2000", "tiers 20/20/1000")),
        (
            "--keep-every 500 --keep-last 5 --tier2-count 5 --tier3-interval 250",
            ("--keep-every: every 500", "--keep-last with tiers"),
        ),
    ],
)
def test_refused(options: str, names: tuple[str, ...], run: Path):
    refused(invoke("plan", run, *options.split()), *names)
    refused(invoke("prune", run, "-y", *options.split()), *names)
