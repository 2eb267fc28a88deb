"""The core never reaches for the terminal: looked at in a fresh process, where imports are real."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from keepstep.tui.sample.run import build_sample_run

HOUSE = Path(__file__).parents[2]
_LOOK = (
    "import sys, {module}\n"
    "print(sorted(n for n in ('textual', 'rich', 'keepstep.tui') if n in sys.modules))"
)
_CORE = (
    "keepstep.policies",
    "keepstep.policies.plan_file",
    "keepstep.policies.pins",
    "keepstep.policies.commit",
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


_RUN = """
import atexit, sys
sys.argv = ["keepstep", *{arguments}]
atexit.register(lambda: print(*sorted(sys.modules), file=sys.stderr))
from keepstep.tui.entry import main
main()
"""
_DEAR = {
    "textual",
    "rich",
    "yaml",
    "keepstep.policies.rules",
    "keepstep.policies.plan",
}
_NOT_NEEDED = {
    "--help": {*_DEAR, "msgspec", "humanize", "keepstep.policies.catalog"},
    "scan": _DEAR,
    "plan": {
        "textual",
        "rich",
        "yaml",
        "msgspec",
        "keepstep.policies.budget",
        "keepstep.policies.commit.commit",
        "keepstep.policies.rules.calendar",
        "keepstep.policies.rules.threshold",
    },
}
_NOT_BEFORE_THE_FIRST_ROW = {
    "yaml",
    "statistics",
    "keepstep.policies.catalog.scan",  # the child's affair
    "keepstep.policies.catalog.layouts",
    "keepstep.policies.commit.results",
    "keepstep.policies.budget",
    "keepstep.policies.forecast",
    *(
        f"keepstep.tui.review.{pane}"
        for pane in (
            *("artifacts", "comparison", "confirm", "forecast", "help", "history", "leave"),
            *("presets", "results", "runs"),
        )
    ),
}


@pytest.mark.parametrize("command", _NOT_NEEDED)
def test_a_command_loads_only_what_it_needs(command: str, tmp_path: Path):
    build_sample_run(tmp_path / "run", now=1_763_806_800.0)
    arguments = [command] if command == "--help" else [command, str(tmp_path / "run")]
    code = _RUN.format(arguments=arguments)
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(told.stderr.split()) & _NOT_NEEDED[command] == set()


def test_the_first_row_waits_for_nothing_that_it_does_not_show():
    code = (
        "import sys\n"
        "from keepstep.tui.commands import review\n"
        "from keepstep.tui.policy_choice import otherwise\n"
        "from keepstep.tui.review import run\n"
        "from keepstep.tui.review.app import review_of\n"
        "otherwise(None)\n"
        "print(*sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(told.stdout.split()) & _NOT_BEFORE_THE_FIRST_ROW == set()


def test_every_pattern_can_be_compiled():
    """They are compiled when first asked, so that a mistake would wait for its day."""
    code = (
        "import importlib, pkgutil, re\n"
        "import keepstep.policies as core\n"
        "from keepstep.policies import patterns\n"
        "made = []\n"
        "plain = patterns.pattern\n"
        "def pattern(text, flags=0):\n"
        "    made.append((text, flags))\n"
        "    return plain(text, flags)\n"
        "patterns.pattern = pattern\n"
        "for one in pkgutil.walk_packages(core.__path__, 'keepstep.policies.'):\n"
        "    if not one.name.endswith('_keeper'):\n"  # for a framework that need not be here
        "        importlib.import_module(one.name)\n"
        "for text, flags in made: re.compile(text, flags)\n"
        "print(len(made))"
    )
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(seen.stdout) > 90


def test_every_dataclass_is_made_late():
    """The standard decorator, ninety times at a start, takes four times what Python takes.

    But for the sample run, whose builder stands apart from the core.
    """
    late = "policies/late_dataclass.py"
    for path in (*HOUSE.glob("policies/**/*.py"), *HOUSE.glob("tui/**/*.py")):
        if path.parent == HOUSE / "tui" / "sample":
            continue
        plain = re.search(r"^ *from dataclasses import .*\bdataclass\b", path.read_text(), re.M)
        assert plain is None or path == HOUSE / late, f"{path}: import it from {late}"
