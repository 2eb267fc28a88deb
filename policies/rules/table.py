"""The one table of rule kinds; adding a kind is a file, a row here and a test."""

from __future__ import annotations

from .best import BestRule
from .counts import FirstRule, LastRule
from .every_steps import EveryEpochsRule, EveryStepsRule
from .graduated import GraduatedRule
from .rule import Rule

RULES: dict[str, type[Rule]] = {
    rule.kind: rule
    for rule in (LastRule, FirstRule, EveryStepsRule, EveryEpochsRule, GraduatedRule, BestRule)
}
