"""The rules behind the digits 1 to 9: those of the policy, and suggestions that start off.

A slot is a switch on one rule. What is on makes the policy that plans; nothing here judges it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ...policies.catalog.model import Catalog
from ...policies.late_dataclass import dataclass
from ...policies.rules.best import BestRule
from ...policies.rules.counts import LastRule
from ...policies.rules.every_steps import EveryEpochsRule, EveryStepsRule
from ...policies.rules.graduated import GraduatedRule
from ...policies.rules.policy import Policy
from ...policies.rules.rule import Rule
from .primary import declared_mode

MOST = 9
_SUGGESTED_INTERVAL = 5000


@dataclass(frozen=True, slots=True)
class Slot:
    """One switch."""

    rule: Rule
    on: bool
    suggested: bool = False
    slim: bool = False  # it keeps the weights alone

    @property
    def label(self) -> str:
        """A few words for its switch."""
        return f"slim: {self.rule.label()}" if self.slim else self.rule.label()


def slots_of(policy: Policy | None) -> tuple[Slot, ...]:
    """The policy's own rules, all on; rules beyond the ninth have no digit but stay on."""
    if policy is None:
        return ()
    whole = len(policy.keep)
    return tuple(Slot(rule, on=True, slim=i >= whole) for i, rule in enumerate(policy.rules))


def with_suggestions(slots: Sequence[Slot], catalog: Catalog, metric: str | None) -> list[Slot]:
    """The slots, and after them the suggestions that fit this run and are not there yet."""
    slots = list(slots)
    if any(slot.suggested for slot in slots):
        return slots  # a digit keeps its meaning over a rescan
    rules = {slot.rule for slot in slots if not slot.slim}
    fitting = [rule for rule in _suggestions(slots, catalog, metric) if rule not in rules]
    free = max(0, MOST - len(slots))
    return slots + [Slot(rule, on=False, suggested=True) for rule in fitting[:free]]


def policy_of(base: Policy | None, slots: Iterable[Slot]) -> Policy | None:
    """The policy of the slots that are on; None when no rule is on, so that all stays."""
    on = [slot for slot in slots if slot.on]
    if not on:
        return None
    keep = tuple(slot.rule for slot in on if not slot.slim)
    slim = tuple(slot.rule for slot in on if slot.slim)
    return base.with_rules(keep, slim) if base else Policy("by hand", keep, slim=slim)


def toggled(slots: Sequence[Slot], position: int) -> list[Slot]:
    """The slots with one of them switched."""
    changed = list(slots)
    changed[position] = replace(changed[position], on=not changed[position].on)
    return changed


def with_rule(slots: Sequence[Slot], position: int, rule: Rule) -> list[Slot]:
    """The slots with another rule in one of them, on: who changes a value wants to see it work."""
    changed = list(slots)
    changed[position] = replace(changed[position], rule=rule, on=True)
    return changed


def all_off(slots: Sequence[Slot]) -> list[Slot]:
    """The slots with every switch off."""
    return [replace(slot, on=False) for slot in slots]


def _suggestions(slots: Sequence[Slot], catalog: Catalog, metric: str | None) -> Iterable[Rule]:
    mode = declared_mode(catalog, metric) if metric else None
    if metric and mode:
        yield BestRule(metric, mode, 3)
    if any(series.unit == "step" for series in catalog.series):
        yield EveryStepsRule(_interval(slots))
    elif catalog.series:
        yield EveryEpochsRule(10)
    yield LastRule(20)


def _interval(slots: Sequence[Slot]) -> int:
    graduated = (slot.rule for slot in slots if isinstance(slot.rule, GraduatedRule))
    rule = next(graduated, None)
    return 5 * rule.tier3_interval if rule else _SUGGESTED_INTERVAL
