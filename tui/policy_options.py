"""The POLICY options, the same for every command that takes them.

Only their spelling lives here, so that help is quick; `policy_choice.py` makes rules of them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import click

from .completion import policies

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class PolicyFlags:
    """The POLICY options as given; None, or nothing, where one was not."""

    policy: str | None = None
    keep_last: int | None = None
    keep_first: int | None = None
    keep_every: int | None = None
    keep_every_epochs: int | None = None
    keep_best: int | None = None
    metric: str | None = None
    mode: str | None = None
    best_within: str | None = None
    tier2_count: int | None = None
    tier3_interval: int | None = None
    keep_within: str | None = None
    keep_hourly: int | None = None
    keep_daily: int | None = None
    keep_weekly: int | None = None
    keep_monthly: int | None = None
    keep_yearly: int | None = None
    slim_last: int | None = None
    slim_first: int | None = None
    slim_every: int | None = None
    slim_best: int | None = None
    slim_within: str | None = None
    delete_artifacts: tuple[str, ...] = ()

    @property
    def names_the_best(self) -> bool:
        """Whether a rule of these asks for the best by --metric."""
        return self.keep_best is not None or self.slim_best is not None


_PERIODS = (("daily", "day"), ("weekly", "week"), ("monthly", "month"), ("yearly", "year"))
_OPTIONS = (
    click.option(
        "--policy",
        metavar="NAME|FILE",
        help="A preset, or a policy file.",
        shell_complete=policies,
    ),
    click.option("--keep-last", "--keep", type=int, metavar="N", help="Keep the N newest."),
    click.option("--keep-first", type=int, metavar="N", help="Keep the N oldest."),
    click.option("--keep-every", type=int, metavar="STEPS", help="Keep one per so many steps."),
    click.option("--keep-every-epochs", type=int, metavar="N", help="Keep one per N epochs."),
    click.option("--keep-best", type=int, metavar="K", help="Keep the K best by --metric."),
    click.option("--metric", metavar="NAME", help="The metric of --keep-best and --slim-best."),
    click.option("--mode", type=click.Choice(["min", "max"]), help="Which way it is better."),
    click.option(
        "--best-within",
        metavar="noise|X",
        help="Take so near to the best for as good, the newer first.",
    ),
    click.option(
        "--tier2-count",
        type=int,
        metavar="N",
        help="Of the N before --keep-last keep every other one.",
    ),
    click.option(
        "--tier3-interval",
        type=int,
        metavar="STEPS",
        help="Of all older keep one per so many steps.",
    ),
    click.option(
        "--keep-within", metavar="AGE", help="Keep all saved so long before the newest: 7d, 36h."
    ),
    click.option(
        "--keep-hourly", type=int, metavar="N", help="Keep one an hour, for the last N with a save."
    ),
    *(
        click.option(f"--keep-{adverb}", type=int, metavar="N", help=f"Keep one a {period}.")
        for adverb, period in _PERIODS
    ),
    click.option(
        "--slim-last", type=int, metavar="N", help="Keep the weights of the N newest, no optimizer."
    ),
    click.option("--slim-first", type=int, metavar="N", help="Likewise of the N oldest."),
    click.option(
        "--slim-every", type=int, metavar="STEPS", help="Likewise of one per so many steps."
    ),
    click.option("--slim-best", type=int, metavar="K", help="Likewise of the K best by --metric."),
    click.option(
        "--slim-within", metavar="AGE", help="Likewise of all saved so long before the newest."
    ),
    click.option(
        "--delete-artifacts",
        multiple=True,
        metavar="CLASS",
        help="Delete the files of a class too: visualization, log, ...; repeatable.",
    ),
)


def policy_options(command: Command) -> Command:
    """Add the POLICY options to a command, which gets them as one argument, `flags`."""

    @functools.wraps(command)
    def wrapped(**arguments: Any) -> int:  # noqa: ANN401 - whatever else the command takes
        values = {one.name: arguments.pop(one.name) for one in fields(PolicyFlags)}
        code: int = command(flags=PolicyFlags(**values), **arguments)
        return code

    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped  # type: ignore[return-value]  # click keeps the function, with options added
