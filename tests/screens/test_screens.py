"""Pictures of the review at 80x24 and 120x40, with a fixed clock and no path in sight.

Renew them with `pytest tests/screens --snapshot-update` after looking at the report.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from keepstep.policies.catalog.scan import scan_events
from keepstep.policies.processes.activity import IDLE, Activity, OpenFile, Process
from keepstep.policies.rules.preset_files import load_policy
from keepstep.tui.review.app import ReviewApp, review_of
from keepstep.tui.review.feed import Feed
from keepstep.tui.review.glyphs import UNICODE
from keepstep.tui.sample.run import build_sample_run

from ..policies.trees import hugging_face, set_saved

NOW = 1_763_806_800.0
SIZES = [(80, 24), (120, 40)]

pytestmark = pytest.mark.skipif(
    sys.version_info[:2] != (3, 11), reason="the pictures are drawn by Python 3.11"
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("screens") / "run7"
    build_sample_run(directory, now=NOW)
    return directory


@pytest.fixture
def review(run: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., ReviewApp]:
    """A review that has scanned everything before it draws anything."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(run.parent / "no-presets-of-my-own"))

    def opened(alive: Activity = IDLE, root: Path = run) -> ReviewApp:
        feed = Feed(lambda _: scan_events(str(root), processes=lambda _: alive)).start()
        feed.join()
        return review_of(
            str(root),
            load_policy("balanced"),
            now=lambda: NOW,
            feed=feed,
            title="/scratch/amy/run7",
            apparent=True,
            glyphs=UNICODE,
        )

    return opened


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
@pytest.mark.parametrize(
    "keys",
    [
        pytest.param([*"jjjjjj"], id="review"),
        pytest.param(["j", "enter"], id="details"),
        pytest.param(["c"], id="confirm"),
        pytest.param(["p"], id="presets"),
        pytest.param(["question_mark"], id="help"),
        pytest.param(["a"], id="artifacts"),
        pytest.param(["F"], id="forecast"),
        pytest.param(["1", "1", *["plus"] * 5, "D"], id="compare"),
        pytest.param(["2", "q"], id="leave"),
        pytest.param(["p", "G", "enter", *"jjjjj"], id="slim"),
    ],
)
def test_screen(snap_compare, review, keys: list[str], size: tuple[int, int]):
    assert snap_compare(review(), press=keys, terminal_size=size)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs below one root; bytes are written, so that all machines measure the same."""
    root = tmp_path_factory.mktemp("screens") / "runs"
    for name, count in (("amy/run1", 5), ("bob/run2", 60), ("run3", 30)):
        hugging_face(root / name, range(100, 100 * count + 1, 100))
        for checkpoint in (root / name).glob("checkpoint-*"):
            (checkpoint / "model.safetensors").write_bytes(bytes(9000))
            set_saved(checkpoint, NOW - 86400)
    return root


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
@pytest.mark.parametrize("keys", [["G"], [*"Gdg", "enter", "j"], ["Z"]], ids=["rows", "one", "all"])
def test_groups(snap_compare, review, runs: Path, keys: list[str], size: tuple[int, int]):
    assert snap_compare(review(root=runs), press=["escape", "z", *keys], terminal_size=size)


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
@pytest.mark.parametrize("keys", [[], ["c"]], ids=["review", "confirm"])
def test_a_run_that_is_alive(snap_compare, review, keys: list[str], size: tuple[int, int]):
    events = OpenFile("events.out.tfevents.1", writing=True)
    reading = OpenFile("checkpoint-100/model.safetensors", writing=False)
    alive = Activity((Process(4242, "python train.py", (reading, events)),), unseen=14)
    assert snap_compare(review(alive), press=keys, terminal_size=size)
