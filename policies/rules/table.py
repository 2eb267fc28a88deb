"""The one table of rule kinds; adding a kind is a file, a row here and a test.

A kind is imported when it is first asked for: a policy names two or three of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from .rule import Rule

_HOMES = {
    "last": ("counts", "LastRule"),
    "first": ("counts", "FirstRule"),
    "every_steps": ("every_steps", "EveryStepsRule"),
    "every_epochs": ("every_steps", "EveryEpochsRule"),
    "graduated": ("graduated", "GraduatedRule"),
    "best": ("best", "BestRule"),
    "threshold": ("threshold", "ThresholdRule"),
    "hourly": ("calendar", "HourlyRule"),
    "daily": ("calendar", "DailyRule"),
    "weekly": ("calendar", "WeeklyRule"),
    "monthly": ("calendar", "MonthlyRule"),
    "yearly": ("calendar", "YearlyRule"),
    "within": ("within", "WithinRule"),
    "steps": ("named", "StepsRule"),
    "match": ("named", "MatchRule"),
}


class _Kinds(Mapping[str, type[Rule]]):
    """By its key in a policy file, the class of a rule."""

    def __getitem__(self, kind: str) -> type[Rule]:
        module, name = _HOMES[kind]
        found: type[Rule] = getattr(import_module(f".{module}", __package__), name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(_HOMES)

    def __len__(self) -> int:
        return len(_HOMES)


RULES: Mapping[str, type[Rule]] = _Kinds()
