"""The gentlest change of a policy that frees a wanted amount.

The order is fixed: first coarser grids over the old history, then less of what is thinned by
half, then shorter histories by time and from the start, and last of all fewer of the newest. What
somebody asked for by name, by number or by quality is left alone, and so is every protection.
Pure, and bounded: at most sixty plans are made.
"""

from __future__ import annotations

from dataclasses import replace

from .decisions import Plan
from .late_dataclass import dataclass
from .plan import make_plan
from .refusal import PolicyRefusal
from .rules.calendar import DailyRule, HourlyRule, MonthlyRule, WeeklyRule, YearlyRule
from .rules.counts import FirstRule, LastRule
from .rules.every_steps import EveryEpochsRule, EveryStepsRule
from .rules.graduated import GraduatedRule
from .rules.policy import Policy
from .rules.rule import Rule
from .rules.within import WithinRule
from .units import rounded_size

MOST_PLANS = 60
_COARSER = (2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 100, 1000)
_FEWER = (0.75, 0.5, 0.35, 0.25, 0.15, 0.1, 0.05, 0.0)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A policy that frees enough, or the one that frees most, with what it changes."""

    asked: int  # bytes
    plan: Plan
    changes: tuple[str, ...]  # in words, one for each rule that changed; none: it frees enough
    short: int = 0  # bytes that even this leaves to be found

    @property
    def policy(self) -> Policy:
        """The policy of the plan."""
        if self.plan.policy is None:
            raise PolicyRefusal("a plan without a policy proposes nothing")
        return self.plan.policy

    def sentence(self) -> str:
        """The outcome in one sentence."""
        freed = rounded_size(self.plan.summary.freed.certain)
        how = "; ".join(self.changes) or "the policy as it is"
        if self.short:
            asked, short = rounded_size(self.asked), rounded_size(self.short)
            return (
                f"no form of this policy frees {asked}: at most {freed} ({how}), {short} too "
                "little; the rest is protected, or asked for by name or quality"
            )
        return f"frees {freed}: {how}"


def propose(plan: Plan, asked: int) -> Proposal:
    """The first policy on the way from gentle to hard that surely frees `asked` bytes.

    Starts from the policy of `plan`, and keeps its catalog, pins and marks. More asked for never
    frees less: the way is the same whatever is asked for, and only steps that free more are taken.
    """
    if plan.policy is None:
        raise PolicyRefusal("a budget needs a policy to start from; name one with --policy")
    best = plan
    tried = 0
    span = max((one.number or 0 for one in plan.catalog.checkpoints), default=0)
    for gentler, sizes in _STAGES:
        begun = _rules(best)
        for size in sizes:
            rules = tuple(gentler(rule, size, span) for rule in begun)
            enough = best.summary.freed.certain >= asked
            if enough or tried == MOST_PLANS or rules == _rules(best):
                continue
            tried += 1
            candidate = _again(plan, plan.policy.with_rules(rules))
            if candidate.summary.freed.certain > best.summary.freed.certain:
                best = candidate
    short = max(0, asked - best.summary.freed.certain)
    return Proposal(asked, best, _changes(_rules(plan), _rules(best)), short)


def _rules(plan: Plan) -> tuple[Rule, ...]:
    return () if plan.policy is None else plan.policy.keep


def _again(plan: Plan, policy: Policy) -> Plan:
    return make_plan(
        plan.catalog,
        policy,
        pins=plan.pins,
        marks=plan.marks,
        slim_marks=plan.slim_marks,
        now=plan.now,
        local_time=plan.local_time,
    )


def _coarser(rule: Rule, factor: float, span: float) -> Rule:
    """Longer intervals, up to the first that is longer than the run."""
    if isinstance(rule, GraduatedRule):
        return replace(rule, tier3_interval=_interval(rule.tier3_interval, factor, span))
    if isinstance(rule, EveryStepsRule | EveryEpochsRule):
        return replace(rule, interval=_interval(rule.interval, factor, span))
    return rule


def _interval(interval: int, factor: float, span: float) -> int:
    longest = interval * (int(span) // interval + 1)
    return min(int(interval * factor), longest)


def _less_thinned(rule: Rule, share: float, span: float) -> Rule:
    if isinstance(rule, GraduatedRule):
        return replace(rule, tier2_count=_part(rule.tier2_count, share))
    return rule


def _shorter(rule: Rule, share: float, span: float) -> Rule:
    if isinstance(rule, HourlyRule | DailyRule | WeeklyRule | MonthlyRule | YearlyRule | FirstRule):
        return replace(rule, n=_part(rule.n, share))
    if isinstance(rule, WithinRule):
        hours = max(1.0, rule.seconds * share // 3600)
        return replace(rule, seconds=min(rule.seconds, hours * 3600))
    return rule


def _fewer_of_the_newest(rule: Rule, share: float, span: float) -> Rule:
    if isinstance(rule, LastRule):
        return replace(rule, n=_part(rule.n, share))
    if isinstance(rule, GraduatedRule):
        return replace(rule, last=_part(rule.last, share, least=2))
    return rule


def _part(count: int, share: float, least: int = 1) -> int:
    return min(count, max(least, int(count * share)))


def _changes(before: tuple[Rule, ...], after: tuple[Rule, ...]) -> tuple[str, ...]:
    pairs = zip(before, after, strict=True)
    return tuple(f"{new.label()} instead of {old.label()}" for old, new in pairs if old != new)


_STAGES = (
    (_coarser, _COARSER),
    (_less_thinned, _FEWER),
    (_shorter, _FEWER),
    (_fewer_of_the_newest, _FEWER),
)
