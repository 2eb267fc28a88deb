"""A quick slice of each attack, so that the commands which run them whole keep working."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.parametrize(
    "words",
    [
        "kill_everywhere.py --every 23",
        "fail_everywhere.py --every 23",
        "signal_anywhere.py --rounds 12",
        "trainer_beside.py --saves 100",
        "two_pruners.py --rounds 4",
        "full_disk.py --every 9",
        "run_killed.py --rounds 6",
        "full_disk_in_training.py --saves 25",
    ],
)
def test_a_slice(words: str):
    name, *options = words.split()
    line = [sys.executable, str(HERE / name), *options]
    done = subprocess.run(line, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    if done.stdout.startswith("skipped"):
        pytest.skip(done.stdout.strip())
