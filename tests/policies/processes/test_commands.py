"""How a command line is named, and whose it is."""

from __future__ import annotations

import pytest
from keepstep.policies.processes.commands import is_keepstep, is_shell, named


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["/usr/bin/python3", "-u", "/home/amy/train.py", "--token", "secret"], "python3 train.py"),
        (["python", "-m", "torch.distributed.run", "a.py"], "python -m torch.distributed.run"),
        (["python", "-c", "print()"], "python"),
        (["-bash"], "bash"),
        (["ray::IDLE"], "ray::IDLE"),
        ([], "kworker"),
        (["x" * 60], "x" * 37 + "..."),
    ],
)
def test_a_command_is_named_by_program_and_first_argument(argv: list[str], words: str):
    assert named(argv, "kworker") == words


@pytest.mark.parametrize(
    ("argv", "ours"),
    [
        (["/venv/bin/python", "/venv/bin/keepstep", "prune", "run7"], True),
        (["keepstep", "run7"], True),
        (["python", "-X", "dev", "-m", "keepstep.tui", "scan"], True),
        (["python", "train.py", "keepstep"], False),
        (["python", "-m", "torch.distributed.run", "keepstep"], False),
        (["python", "/home/amy/keepstep/train.py"], False),
        (["python"], False),
        ([], False),
    ],
)
def test_commands_of_keepstep_are_known(argv: list[str], ours: bool):
    assert is_keepstep(argv) is ours


def test_shells_are_known():
    assert is_shell(["-bash"])
    assert not is_shell(["python", "train.py"])
