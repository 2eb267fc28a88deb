"""What is installed is what the folders hold, under one name and with its data."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sysconfig
import tomllib
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
TOP = {"pyproject.toml", "README.md", "tui", "policies", "tests", "screenshots", "LICENSE"}


def _project() -> dict:
    return tomllib.loads((HOUSE / "pyproject.toml").read_text())


def _installed() -> list[importlib.metadata.PackagePath]:
    # Asked of site-packages alone: a build leaves its own metadata in the working directory.
    found = importlib.metadata.distributions(
        name="keepstep", path=[sysconfig.get_paths()["purelib"]]
    )
    files = [file for one in found for file in one.files or []]
    if not files or any("__editable__" in str(file) for file in files):
        pytest.skip("not installed as users install it; CI does")
    return files


def test_every_folder_with_code_is_listed_as_a_package():
    found = {
        "keepstep." + ".".join(init.parent.relative_to(HOUSE).parts)
        for top in ("tui", "policies")
        for init in (HOUSE / top).rglob("__init__.py")
    }
    assert set(_project()["tool"]["setuptools"]["packages"]) == found


def test_the_installed_files_are_those_of_the_folders():
    installed = {str(f) for f in _installed() if str(f).startswith("keepstep/")}
    wanted = {
        "keepstep/" + str(path.relative_to(HOUSE))
        for top in ("tui", "policies")
        for path in (HOUSE / top).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert {f for f in installed if not f.endswith(".pyc")} == wanted


def test_nothing_else_lands_at_the_top_of_site_packages():
    tops = {f.parts[0] for f in _installed() if not f.parts[0].startswith(("..", "keepstep-"))}
    assert tops == {"keepstep"}


def test_the_top_of_the_house():
    if not (HOUSE / ".git").exists():
        pytest.skip("no checkout: nothing tells our files from what else lies here")
    command = ["git", "-C", str(HOUSE), "ls-files"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    names = {name.split("/")[0] for name in listed.splitlines()}
    assert {name for name in names if not name.startswith(".")} == TOP


def test_every_dependency_says_why():
    text = (HOUSE / "pyproject.toml").read_text()
    block = text.split("dependencies = [", 1)[1].split("]", 1)[0]
    rows = [row.strip() for row in block.splitlines() if row.strip()]
    assert rows
    assert all("#" in row for row in rows)
