"""`--free SIZE`: plan by a wish for space, told in words before the plan."""

from __future__ import annotations

from dataclasses import replace

import click

from ..policies.decisions import Plan
from ..policies.late_dataclass import dataclass
from .policy_choice import Choice
from .quantities import size

free_option = click.option(
    "--free", metavar="SIZE", help="Change the policy as little as frees SIZE: 500GB, 1.5TiB."
)


@dataclass(frozen=True, slots=True)
class Budgeted:
    """A plan that frees enough, or the one that frees most, and what to say about it."""

    plan: Plan
    choice: Choice
    lines: tuple[str, ...] = ()
    short: int = 0  # bytes


def within_budget(plan: Plan, choice: Choice, wanted: int | None) -> Budgeted:
    """The plan as it is when nothing is wanted, else that of the gentlest policy."""
    if wanted is None:
        return Budgeted(plan, choice)
    from ..policies.budget import propose

    found = propose(plan, wanted)
    why = f"{choice.why}; for --free {size(wanted)}" if found.changes else choice.why
    changed = replace(choice, policy=found.policy, why=why)
    return Budgeted(
        found.plan, changed, (f"to free {size(wanted)}: {found.sentence()}",), found.short
    )
