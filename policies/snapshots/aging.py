"""Which snapshots stay: a policy of calendar rules that looks at snapshots alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..catalog.model import Catalog
from ..places import SNAPSHOTS
from ..rules.calendar import DailyRule, MonthlyRule, WeeklyRule
from ..rules.counts import LastRule
from ..rules.policy import Policy
from ..rules.rule import Rule

_RULES: dict[str, type[DailyRule | WeeklyRule | MonthlyRule | LastRule]] = {
    "last": LastRule,
    "daily": DailyRule,
    "weekly": WeeklyRule,
    "monthly": MonthlyRule,
}


def aging_policy(catalog: Catalog, keep: Mapping[str, int]) -> Policy | None:
    """The policy that keeps so many of each kind; None without snapshots or without a rule.

    Every other series is protected, since no rule looks at it.
    """
    series = tuple(
        one.id for one in catalog.series if one.directory.rpartition("/")[2] == SNAPSHOTS
    )
    rules: list[Rule] = [
        _RULES[kind].parse(count, f"--keep-{kind}") for kind, count in keep.items()
    ]
    if not series or not rules:
        return None
    only = tuple(id_.replace("[", "[[]") for id_ in series)
    return Policy("snapshots", tuple(replace(rule, only=only) for rule in rules))
