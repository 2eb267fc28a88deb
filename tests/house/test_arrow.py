"""The core never reaches for the terminal: looked at in a fresh process, where imports are real."""

from __future__ import annotations

import subprocess
import sys

import pytest

_LOOK = (
    "import sys, {module}\n"
    "print(sorted(n for n in ('textual', 'rich', 'keepstep.tui') if n in sys.modules))"
)
_CORE = (
    "keepstep.policies",
    "keepstep.policies.plan_file",
    "keepstep.policies.pins",
    "keepstep.policies.commit",
    "keepstep.policies.training.save_when",
    "keepstep.policies.training.supervise",
)


@pytest.mark.parametrize("module", _CORE)
def test_the_core_loads_no_terminal(module: str):
    code = _LOOK.format(module=module)
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert seen.stdout.strip() == "[]"


def test_commands_load_no_textual():
    code = _LOOK.format(module="keepstep.tui.cli").replace(", 'keepstep.tui'", "")
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert seen.stdout.strip() == "[]"
