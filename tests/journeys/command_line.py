"""Run keepstep as people and scripts do: as a process, on a terminal, or in this process."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from click.testing import CliRunner, Result
from keepstep.tui.cli import cli

from ..policies.trees import hugging_face, set_saved

COMMAND = [sys.executable, "-m", "keepstep.tui"]
LONG_AGO = 1_700_000_000.0
STEPS = range(100, 3100, 100)


def build_run(root: Path, steps: range = STEPS) -> Path:
    """A run of 30 checkpoints whose best is neither first nor last, and a link to the newest."""
    hugging_face(root, steps, losses={step: 1 + abs(step - 1500) / 1000 for step in steps})
    (root / "training.log").write_text("step 100\n")
    (root / "mystery.bin").write_bytes(b"?")
    (root / "latest").symlink_to(f"checkpoint-{steps[-1]}")
    for order, step in enumerate(steps):
        set_saved(root / f"checkpoint-{step}", LONG_AGO + order)
    return root


def invoke(*arguments: str | Path) -> Result:
    """In this process; standard input is no terminal."""
    return CliRunner().invoke(cli, [str(one) for one in arguments])


def keepstep(
    *arguments: str | Path | bytes,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """As a process without a terminal."""
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True, encoding="utf-8", errors="surrogateescape", check=False, cwd=cwd,
        stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})}, timeout=60,
    )  # fmt: skip


# Everything is imported before the rights go: the new user may not reach this Python's files.
_AS_NOBODY = """
import importlib, os, pkgutil, sys
import difflib, platformdirs, shutil, textwrap, yaml
import keepstep.policies, keepstep.tui.commands, keepstep.tui.cli
for package in (keepstep.policies, keepstep.tui.commands):
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not found.name.endswith("_keeper"):  # for a framework that need not be here
            importlib.import_module(found.name)
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
keepstep.tui.cli.main()
"""


def as_nobody(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """As a process without rights: those of another user where this one is root."""
    return subprocess.run(
        [sys.executable, "-c", _AS_NOBODY, *arguments],
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=60, cwd="/",
    )  # fmt: skip


def at_a_terminal(answer: str, *arguments: str | Path) -> tuple[int, str, str]:
    """With a person who answers: exit code, stdout, and what the terminal showed."""
    keyboard, terminal = pty.openpty()
    try:
        process = subprocess.Popen(
            [*COMMAND, *arguments], stdin=terminal, stderr=terminal, stdout=subprocess.PIPE
        )
        os.write(keyboard, answer.encode())
        out = process.communicate(timeout=60)[0].decode()
        shown = os.read(keyboard, 65536).decode()
    finally:
        os.close(keyboard)
        os.close(terminal)
    return process.returncode, out, shown


def refused(done: Result | subprocess.CompletedProcess[str], *names: str, code: int = 2) -> str:
    """Assert one sentence on stderr that names the thing, and nothing like a traceback."""
    returned = done.exit_code if isinstance(done, Result) else done.returncode
    lines = done.stderr.strip().splitlines()
    assert returned == code, done.stderr
    assert lines, "nothing was said"
    assert lines[-1].startswith("keepstep: ")
    assert "Traceback" not in done.stderr
    for name in names:
        assert name in lines[-1]
    return lines[-1]
