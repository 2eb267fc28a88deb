"""What the README shows is what happens: each wish in one line, and the lines of Python."""

from __future__ import annotations

import json
import re
import shlex
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from keepstep.policies import scan

from ..policies.trees import hugging_face, set_saved
from ..tree_snapshot import snapshot
from .command_line import LONG_AGO, invoke

README = (Path(__file__).parents[2] / "README.md").read_text()
WISHES = dict(
    reversed(pair)
    for pair in re.findall(r"^keepstep (plan run7 .*?) +# (.*)$", README, re.MULTILINE)
)
STEPS = range(100, 4600, 100)
KEPT = {
    "the 20 newest of every model": [*range(2600, 4600, 100)],
    "three tiers": [*range(600, 2600, 200), *range(2600, 4600, 100)],
    "the best 3, and the last": [1500, 1600, 1700, 4500],
    "all of the last 7 days, then one a day": [*range(100, 2500, 300), *range(2500, 4600, 100)],
    "every 5th epoch, and the best": sorted([*range(500, 4600, 500), 1600]),
}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Two models, a save every 8 hours and an epoch; the best is at 1600, the day is UTC's."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    for model in ("actor", "critic"):
        folder = tmp_path / "run7" / model
        hugging_face(folder, STEPS, losses={step: 1 + abs(step - 1600) / 1000 for step in STEPS})
        for order, step in enumerate(STEPS):
            set_saved(folder / f"checkpoint-{step}", LONG_AGO + 8 * 3600 * order)
    monkeypatch.chdir(tmp_path)
    yield tmp_path / "run7"
    monkeypatch.undo()
    time.tzset()


def test_the_readme_has_every_wish():
    assert WISHES.keys() == KEPT.keys()


@pytest.mark.parametrize("wish", KEPT)
def test_a_wish_in_one_line(wish: str, run: Path):
    done = invoke(*shlex.split(WISHES[wish]), "--json")
    assert done.exit_code == 0, done.stderr
    decisions = json.loads(done.stdout)["decisions"]
    for model in ("actor", "critic"):
        kept = [
            one["step"]
            for one in decisions
            if one["action"] == "keep" and one["series"].startswith(model)
        ]
        assert kept == KEPT[wish]
    assert len(decisions) == 2 * len(STEPS)
    assert all(reason["text"] for one in decisions for reason in one["reasons"])
    assert all(one["reasons"] for one in decisions)


def test_the_lines_of_python(run: Path, capsys: pytest.CaptureFixture[str]):
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    # Those for training loops have a test of their own.
    [code] = [block for block in blocks if "keepstep.policies.training" not in block]
    assert code.count('"/scratch/amy/run7"') == 2
    before = snapshot(run)
    exec(code.replace("/scratch/amy/run7", str(run)), {})
    *rows, last = capsys.readouterr().out.splitlines()
    assert rows[-1] == "critic/checkpoint-4500 keep newest, tier 1: last 20"
    assert len(rows) == 2 * len(STEPS)
    assert last == "30 of 30"
    assert len(scan(str(run)).checkpoints) == 2 * len(STEPS)
    assert snapshot(run) == before
