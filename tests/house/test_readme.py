"""The README says what is true: its keys, its commands, its example, its pictures."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from keepstep.policies import make_plan
from keepstep.policies.rules.schema import parse_policy
from keepstep.tui.cli import cli
from keepstep.tui.reference import command_table, policy_option_table, rule_table
from keepstep.tui.review.keys import IN_PANES, key_table_markdown

from ..policies.catalogs import NOW, kept_steps, steps_catalog

HOUSE = Path(__file__).parents[2]
README = (HOUSE / "README.md").read_text()


def test_the_keys_are_those_of_the_table():
    assert key_table_markdown() in README
    assert key_table_markdown(IN_PANES) in README


@pytest.mark.parametrize("part", [command_table, policy_option_table, rule_table])
def test_the_reference_is_that_of_the_code(part: Callable[[], str]):
    assert f"\n\n{part()}\n\n" in README, "print it with python -m keepstep.tui.reference"


def test_every_command_is_told_and_exists():
    told = set(re.findall(r"`keepstep ([a-z]+) ", README))
    assert told == set(cli.list_commands(click.Context(cli)))


def test_the_example_policy_parses_and_the_example_is_exact():
    [text] = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert [rule.kind for rule in parse_policy(text, "README").keep] == [
        "first",
        "best",
        "graduated",
    ]
    rules = "keep:\n  - graduated: {last: 20, tier2_count: 20, tier3_interval: 1000}"
    plan = make_plan(steps_catalog(range(100, 17001, 100)), parse_policy(rules, "x"), now=NOW)
    said = [*range(1000, 13001, 1000), *range(13200, 15001, 200), *range(15100, 17001, 100)]
    assert kept_steps(plan) == said
    assert "13200, 13400 … 15000 and 1000, 2000 … 13000: 43 of 170" in README


def test_the_forecast_is_what_the_command_says():
    [command, said] = re.findall(r"\$ keepstep (forecast .*)\n((?:with.*\n)+)", README)[0]
    assert said in CliRunner().invoke(cli, command.split()).stdout


@pytest.mark.parametrize("picture", re.findall(r"\]\((screenshots/[^)]+)\)", README))
def test_every_picture_is_there(picture: str):
    assert (HOUSE / picture).read_text().startswith("<svg")


def test_the_commands_of_the_first_screen_run_as_written():
    [command] = re.findall(r"```sh\n(python3 -m venv \.venv && .*?)\n```", README)
    assert command.endswith("keepstep demo")
    assert CliRunner().invoke(cli, ["demo", "--help"]).exit_code == 0
