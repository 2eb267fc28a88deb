"""Shell completion: what bash, zsh and fish are offered, and what one real shell makes of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from keepstep.tui.cli import COMMANDS

from .command_line import keepstep

_READ = {"bash": "plain,{}", "zsh": "plain\n{}\n", "fish": "plain,{}\t"}


def _offered(shell: str, *words: str) -> str:
    env = {
        "_KEEPSTEP_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": " ".join(words),
        "COMP_CWORD": words[-1] if shell == "fish" else str(len(words) - 1),
    }
    done = keepstep(env=env)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("shell", _READ)
def test_every_command_is_offered(shell: str):
    offered = _offered(shell, "keepstep", "")
    assert all(_READ[shell].format(name) in offered for name in COMMANDS)


@pytest.mark.parametrize("shell", _READ)
def test_the_script_of_each_shell(shell: str):
    done = keepstep(env={"_KEEPSTEP_COMPLETE": f"{shell}_source"})
    assert done.returncode == 0, done.stderr
    assert "_KEEPSTEP_COMPLETE=" in done.stdout


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("keepstep", "sch"), ["dir,sch", "plain,schedule"]),
        (("keepstep", "plan", ""), ["dir,"]),
        (("keepstep", "plan", "x", "--keep-w"), ["plain,--keep-within", "plain,--keep-weekly"]),
        (("keepstep", "plan", "x", "--policy", "agg"), ["plain,aggressive"]),
        (("keepstep", "plan", "x", "--policy", "./m"), ["file,./m"]),
        (("keepstep", "compare", "x", "last-2"), ["plain,last-20"]),
        (("keepstep", "apply", "p"), ["file,p"]),
    ],
)
def test_what_fits_the_place(words: tuple[str, ...], offered: list[str]):
    assert _offered("bash", *words).split() == offered


def test_offering_commands_imports_none_of_them():
    code = (
        "import sys, atexit\n"
        "atexit.register(lambda: print('policies' in str(sorted(sys.modules)), file=sys.stderr))\n"
        "from keepstep.tui.cli import cli\ncli.main([])\n"
    )
    env = {"_KEEPSTEP_COMPLETE": "bash_complete", "COMP_WORDS": "keepstep ", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        env={**os.environ, **env},
    )  # fmt: skip
    assert "plain,plan" in done.stdout
    assert done.stderr.strip() == "False"


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_in_a_real_bash(tmp_path: Path):
    command = tmp_path / "keepstep"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m keepstep.tui "$@"\n')
    command.chmod(0o755)
    script = (
        'eval "$(_KEEPSTEP_COMPLETE=bash_source keepstep)"\n'
        "compopt() { :; }\n"  # outside a real completion it only complains
        "COMP_WORDS=(keepstep for)\nCOMP_CWORD=1\n_keepstep_completion keepstep\n"
        'echo "${COMPREPLY[@]}"\ncomplete -p keepstep\n'
    )
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, check=False,
        env={**os.environ, "PATH": path},
    )  # fmt: skip
    assert done.stdout.splitlines()[0] == "forecast"
    assert "_keepstep_completion" in done.stdout.splitlines()[1]
