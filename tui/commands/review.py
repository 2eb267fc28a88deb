"""`keepstep [DIR]`: open the review, or print the plan where there is no terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

import click

from .. import output
from ..completion import directories
from ..policy_options import PolicyFlags, policy_options

if TYPE_CHECKING:
    from ..policy_choice import Choice


@click.command(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""\b
Examples:
  keepstep
  keepstep run7 --policy conservative
  keepstep run7 --keep-within 7d --keep-daily 30 --read-only
""",
)
@click.argument("directory", metavar="[DIR]", default=".", shell_complete=directories)
@click.option("--read-only", is_flag=True, help="Open nothing for writing; offer no actions.")
@click.option("--apparent", is_flag=True, help="Show lengths of files, not their blocks on disk.")
@click.option("--plain", is_flag=True, help="Numbered prompts, for screen readers.")
@policy_options
def review_command(
    directory: str, read_only: bool, apparent: bool, plain: bool, flags: PolicyFlags
) -> int:
    """Open the review on DIR, by default the current directory.

    Not on a terminal the plan is printed and nothing changes.
    """
    from ...policies.commit.safety import refuse_root

    refuse_root(directory)

    def choose() -> Choice:
        from ..policy_choice import otherwise, requested, saved_policy_file

        return requested(flags) or otherwise(saved_policy_file(directory))

    return open_review(directory, choose, apparent=apparent, read_only=read_only, plain=plain)


def open_review(
    directory: str,
    choose: Callable[[], Choice],
    *,
    apparent: bool = False,
    read_only: bool = False,
    plain: bool = False,
) -> int:
    """The review where a person can use it, else the plan.

    The policy is chosen when it is wanted: the review's scan begins before rules are imported.
    """
    if not (output.is_terminal(sys.stdin) and output.is_terminal(sys.stdout)):
        from .plan import print_plan

        return print_plan(directory, choose(), apparent=apparent)
    if not plain and os.environ.get("TERM", "dumb") in ("dumb", ""):
        output.note("this terminal cannot draw a screen (TERM=dumb), so this is --plain")
        plain = True
    if plain:
        opened: int = import_module("..plain", __package__).run_plain(
            directory, policy=choose().policy, apparent=apparent, read_only=read_only
        )
        return opened
    # By name and here, since this import costs more than everything else together.
    review = import_module("..review", __package__)
    code: int = review.run_review(
        directory,
        choose=lambda: choose().policy,
        apparent=apparent,
        read_only=read_only,
    )
    return code
