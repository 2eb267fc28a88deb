"""What a plan should tell beside its decisions: restarts, unknown metrics, rules that do little.

Nothing here changes a decision. A combination that can never do anything is refused when a policy
is read; what only does little on this run is told here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from .decisions import SeriesEvaluation, Summary
from .judgement import Judgement
from .rules.best import NOISE, BestRule
from .rules.counts import LastRule
from .rules.every_steps import EveryEpochsRule, EveryStepsRule
from .rules.graduated import GraduatedRule
from .rules.grid import NONE
from .rules.noise import FEWEST
from .rules.policy import Policy
from .rules.rule import Facts, Rule
from .rules.wording import plain

_GENERAL = "general"  # the layout of what is told by similar names alone
_TOGETHER = 10.0  # seconds; a training seldom saves so fast, a copy without times does


def warnings_of(policy: Policy | None, judgement: Judgement, summary: Summary) -> tuple[str, ...]:
    """Every warning of a plan, each one sentence."""
    return (
        *_restarts(judgement),
        *_at_once(judgement, summary),
        *_unknown(summary),
        *_rules(policy, judgement),
    )


def _restarts(judgement: Judgement) -> Iterator[str]:
    restarted: dict[str, int] = {}
    for place, protections in judgement.protections.items():
        if any(each.reason.name == "restarted" for each in protections):
            series = judgement.catalog.checkpoints[place].series
            restarted[series] = restarted.get(series, 0) + 1
    for series, count in restarted.items():
        yield (
            f"{series}: {count} with lower steps were saved after the highest step, as when a run "
            "is restarted in the same directory; they are all kept"
        )


def _at_once(judgement: Judgement, summary: Summary) -> Iterator[str]:
    """Files of no known layout that count from 0 or 1 and were written together."""
    if not summary.going:
        return
    for series in judgement.catalog.series:
        if series.layout == _GENERAL and (found := judgement.evaluations.get(series.id)):
            numbers = [one.step for one in found.items]
            times = [one.saved_at for one in found.items if one.saved_at is not None]
            if _count_up(numbers) and max(times, default=0) - min(times, default=0) <= _TOGETHER:
                yield (
                    f"{series.id}: {len(numbers)} numbered {numbers[0]} to {numbers[-1]}, all "
                    "written within seconds: parts, folds or members of something, not saves?"
                )


def _count_up(numbers: Sequence[int | None]) -> bool:
    """Several from 0 or 1, without a gap."""
    return len(numbers) > 1 and any(
        list(numbers) == list(range(first, first + len(numbers))) for first in (0, 1)
    )


def _unknown(summary: Summary) -> Iterator[str]:
    if summary.metric_unknown:
        yield (
            f"{summary.metric_unknown} stay only because their metric is unknown; "
            "`missing: drop` in the rule would let them go"
        )


def _rules(policy: Policy | None, judgement: Judgement) -> Iterator[str]:
    if policy is None:
        return
    if [type(rule) for rule in policy.rules] == [LastRule] and policy.rules[0].value() == 1:
        yield (
            "`last: 1` alone leaves one checkpoint of each series: if it is damaged, "
            "there is nothing to fall back on"
        )
    for i, rule in enumerate(policy.rules):
        seen = {s: e for s, e in judgement.evaluations.items() if rule.sees(s)}
        where = policy.field(i)
        if rule.only and judgement.evaluations and not seen:
            yield f"{where}: only {' and '.join(rule.only)} matches no series here"
        yield from _told(where, _sparse(rule, i, seen.items()))
        yield from _told(where, _uneven(rule, seen.items()))
        yield from _told(where, _noiseless(rule, seen.items()))


Seen = Iterable[tuple[str, SeriesEvaluation]]


def _told(where: str, troubles: Iterable[tuple[str, str]]) -> Iterator[str]:
    """One warning for a rule, however many series it concerns."""
    found = list(troubles)
    if found:
        series, words = found[0]
        more = f" (and {len(found) - 1} more series)" if len(found) > 1 else ""
        yield f"{where}: in {series}{more}, {words}"


def _sparse(rule: Rule, number: int, seen: Seen) -> Iterator[tuple[str, str]]:
    """Grids that meet less than half of their exact numbers."""
    for series, evaluation in seen:
        met, asked = _met(rule, evaluation, evaluation.kept[number])
        if asked >= 2 and 2 * met < asked:
            yield series, f"only {met} of {asked} intervals hold the exact number; {_effect(rule)}"


def _met(rule: Rule, evaluation: SeriesEvaluation, kept: Mapping[int, Facts]) -> tuple[int, int]:
    """Intervals whose exact number is there, and intervals; the newest, unfinished one aside."""
    if isinstance(rule, GraduatedRule):
        facts = [f for f in kept.values() if f["interval"] == rule.tier3_interval]
        return sum(f["number"] == f["bucket"] for f in facts), len(facts)
    if not isinstance(rule, EveryStepsRule | EveryEpochsRule):
        return 0, 0
    _, numbers = rule.numbers(evaluation.items)
    newest = max(numbers, default=0)
    known = [f for f in kept.values() if "unknown" not in f]
    if rule.on_miss == NONE:  # what it misses, it does not keep
        marks = {rule.grid.mark(bucket) for bucket in rule.grid.buckets(numbers)}
        return len(known), sum(mark <= newest for mark in marks)
    facts = [f for f in known if f["bucket"] <= newest]
    return sum(f["number"] == f["bucket"] for f in facts), len(facts)


def _effect(rule: Rule) -> str:
    if isinstance(rule, EveryStepsRule | EveryEpochsRule) and rule.on_miss == NONE:
        return "the others keep nothing"
    return "another stands in for it in the others"


def _noiseless(rule: Rule, seen: Seen) -> Iterator[tuple[str, str]]:
    """`within: noise` where too little was logged to tell it."""
    if not isinstance(rule, BestRule) or rule.within != NOISE:
        return
    for series, evaluation in seen:
        if rule.margin(evaluation.setting) is None:
            yield (
                series,
                f"the noise of {rule.metric} is not known (it takes a log of {FEWEST} "
                "evaluations); the exact values decide",
            )


def _uneven(rule: Rule, seen: Seen) -> Iterator[tuple[str, str]]:
    """Tiers whose grids do not nest: safe, but the spacing between them is uneven."""
    if not isinstance(rule, GraduatedRule):
        return
    for series, evaluation in seen:
        gap = rule.gap(evaluation.items, evaluation.setting)
        if gap and len(evaluation.items) > rule.last and rule.tier3_interval % (2 * gap):
            yield (
                series,
                f"{rule.tier3_interval} is no multiple of {plain(2 * gap)}, the spacing of tier 2, "
                "so checkpoints lie unevenly where the tiers meet",
            )
