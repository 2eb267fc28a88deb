"""The one table of rule kinds; adding a kind is a file, a row here and a test."""

from __future__ import annotations

from .best import BestRule
from .calendar import DailyRule, HourlyRule, MonthlyRule, WeeklyRule, YearlyRule
from .counts import FirstRule, LastRule
from .every_steps import EveryEpochsRule, EveryStepsRule
from .graduated import GraduatedRule
from .named import MatchRule, StepsRule
from .rule import Rule
from .threshold import ThresholdRule
from .within import WithinRule

RULES: dict[str, type[Rule]] = {
    rule.kind: rule
    for rule in (
        LastRule, FirstRule, EveryStepsRule, EveryEpochsRule, GraduatedRule, BestRule,
        ThresholdRule, HourlyRule, DailyRule, WeeklyRule, MonthlyRule, YearlyRule, WithinRule,
        StepsRule, MatchRule,
    )
}  # fmt: skip
