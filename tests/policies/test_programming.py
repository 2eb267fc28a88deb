"""The core from a program: the example in its docstring runs, and costs little to import."""

from __future__ import annotations

import doctest
import subprocess
import sys
from pathlib import Path

import keepstep.policies
import pytest
from keepstep.policies import commit, load_policy, make_plan, scan

from .catalogs import NOW
from .trees import hugging_face


def test_the_documented_example_runs(tmp_path: Path):
    hugging_face(tmp_path / "run", range(100, 2501, 100))
    globs = {"run": str(tmp_path / "run")}
    examples = doctest.DocTestFinder(recurse=False).find(keepstep.policies, "api", globs=globs)
    assert doctest.DocTestRunner().run(examples[0]).failed == 0


@pytest.mark.parametrize(
    "first", ["keepstep.policies.catalog.scan", "keepstep.policies.commit.undo"]
)
def test_commit_can_be_called_whatever_was_imported_before(first: str, tmp_path: Path):
    hugging_face(tmp_path, [100, 200])
    code = f"import {first}, keepstep.policies as core; print(callable(core.commit))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "True"


def test_a_plan_that_deletes_nothing_commits_to_nothing(tmp_path: Path):
    hugging_face(tmp_path, [100, 200])
    plan = make_plan(scan(str(tmp_path)), load_policy("last-20"), now=NOW)
    assert commit(plan).trashed == ()


def test_importing_loads_nothing_of_the_terminal_and_no_part_before_it_is_asked_for():
    code = (
        "import sys, keepstep.policies;"
        "print(sorted(n for n in sys.modules if n.startswith('keepstep.policies.')));"
        "from keepstep.policies import scan, load_policy, make_plan, commit, undo;"
        "print(sorted({'textual', 'rich', 'click', 'yaml', 'humanize'} & sys.modules.keys()))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["[]", "[]"]
