"""What no policy may delete, whatever its rules say.

Protections are not rules: no policy can switch one off, and they never shift a rule's window.
Pure functions of the catalog, the policy's metrics, the pins and the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .catalog.model import Catalog, Checkpoint, Need, Pin, Standing, State
from .catalog.save_times import PLAUSIBLE_SINCE, RESTART_MARGIN
from .decisions import Reason, SeriesEvaluation, Source
from .dependencies import Dependency
from .in_use import checkpoints_in_use, open_facts
from .rules.best import BestRule
from .rules.policy import Policy

_NEEDED_AS = {Need.BASE: "base of another", Need.RESUME: "resume source"}
BEING_WRITTEN = 15 * 60  # seconds since the last write of an incomplete checkpoint


@dataclass(frozen=True, slots=True)
class Protection:
    """A reason to stay; a person may override some, by name, and no policy any."""

    reason: Reason
    by_hand: bool = False  # a hand mark may override it


@dataclass(frozen=True, slots=True)
class Lines:
    """A catalog sorted out: what rules see, and what they do not."""

    series: Mapping[str, Sequence[int]]  # complete, numbered ones: places in the catalog, by step
    others: Sequence[int]
    pointed: Sequence[int]
    unsized: Sequence[int]


Protections = dict[int, list[Protection]]  # by place in the catalog


def sort_out(catalog: Catalog) -> Lines:
    """One pass over the catalog; rules look at the complete, numbered ones of each series."""
    series: dict[str, list[int]] = {}
    others: list[int] = []
    pointed: list[int] = []
    unsized: list[int] = []
    complete, numbered = State.COMPLETE, Standing.NUMBERED
    name, line = None, others
    for i, one in enumerate(catalog.checkpoints):
        if one.series != name:
            name = one.series
            line = series.setdefault(name, [])
        if (
            one.state is complete
            and one.standing is numbered
            and (one.step is not None or one.number is not None)
        ):
            line.append(i)
        else:
            others.append(i)
        if one.pointed_to_by:
            pointed.append(i)
        if one.measure is None:
            unsized.append(i)
    return Lines({name: line for name, line in series.items() if line}, others, pointed, unsized)


def protect(
    catalog: Catalog,
    lines: Lines,
    policy: Policy | None,
    pins: Mapping[str, Pin],
    now: float,
    evaluations: Mapping[str, SeriesEvaluation],
) -> Protections:
    """Every protection, in the order in which a person wants to read them."""
    found: Protections = {}
    checkpoints = catalog.checkpoints

    def add(place: int, name: str, by_hand: bool = False, /, **facts: object) -> None:
        reason = Reason(Source.PROTECTION, name, facts=facts)
        found.setdefault(place, []).append(Protection(reason, by_hand))

    if pins:
        for i, one in enumerate(checkpoints):
            if one.id in pins:
                add(i, "pinned", note=pins[one.id].note)
    for i in lines.pointed:
        add(i, "pointer", by=checkpoints[i].pointed_to_by)
    for i, name, facts in _by_others(catalog):
        add(i, name, **facts)
    for i in lines.others:
        for name, by_hand, facts in _of_its_own(checkpoints[i], now):
            add(i, name, by_hand, **facts)
    for i in lines.unsized:
        add(i, "not sized")
    for series, places in lines.series.items():
        evaluation = evaluations.get(series)
        items = [checkpoints[i] for i in places] if evaluation is None else evaluation.items
        for position, name, by_hand, facts in _in_series(series, items, policy, evaluation):
            add(places[position], name, by_hand, **facts)
    return found


def needed_protections(
    catalog: Catalog, known: Sequence[Dependency], staying: Sequence[bool]
) -> Protections:
    """What those that stay need, directly or through others."""
    found: Protections = {}
    stays = list(staying)
    waiting = list(known)
    while needed := [one for one in waiting if stays[one.holder]]:
        waiting = [one for one in waiting if not stays[one.holder]]
        for one in needed:
            stays[one.target] = True
            name = "linked" if one.need is None else _NEEDED_AS[one.need]
            facts = {"path": one.path, "holder": catalog.checkpoints[one.holder].id}
            protection = Protection(Reason(Source.PROTECTION, name, facts=facts))
            found.setdefault(one.target, []).append(protection)
    return found


def _by_others(catalog: Catalog) -> Iterator[tuple[int, str, dict[str, object]]]:
    """Place, name and facts, by processes that have it open and by runs that need it.

    What another checkpoint of this catalog needs is left to `needed_protections`.
    """
    for place, processes in checkpoints_in_use(catalog):
        yield place, "open", open_facts(processes)
    needed = [one for one in catalog.references if one.holder is None]
    places = {one.id: i for i, one in enumerate(catalog.checkpoints)} if needed else {}
    for one in needed:
        if one.target in places:
            yield places[one.target], _NEEDED_AS[one.need], {"path": one.path, "holder": None}


def _in_series(
    series: str,
    items: Sequence[Checkpoint],
    policy: Policy | None,
    evaluation: SeriesEvaluation | None,
) -> Iterator[tuple[int, str, bool, dict[str, object]]]:
    """Position, name, whether a hand mark overrides it, and facts."""
    yield len(items) - 1, "newest", False, {}
    if items[-1].weights_only:
        resumable = [i for i, one in enumerate(items) if not one.weights_only]
        if resumable:
            yield resumable[-1], "newest resumable", False, {}
    for position in _saved_after_newest(items):
        yield position, "restarted", False, {"newest": items[-1].id}
    if policy is None or evaluation is None:
        return
    for metric, mode in policy.metrics():
        best = _best(policy, evaluation, metric, mode)
        if best is not None:
            yield best, "best metric", False, {"metric": metric, "mode": mode}
    if not any(rule.sees(series) for rule in policy.rules):
        for position in range(len(items)):
            yield position, "no rule here", True, {}


def _best(policy: Policy, evaluation: SeriesEvaluation, metric: str, mode: str) -> int | None:
    for rule, kept in zip(policy.rules, evaluation.kept, strict=True):
        if not isinstance(rule, BestRule) or rule.within:
            continue  # what a rule calls as good as the best is not the best
        if (rule.metric, rule.mode) == (metric, mode):
            found = next((i for i, facts in kept.items() if facts.get("rank") == 1), None)
            if found is not None:  # it has been looked for already
                return found
    return BestRule(metric, mode).best_of(evaluation.items, evaluation.setting)


def _of_its_own(one: Checkpoint, now: float) -> Iterable[tuple[str, bool, dict[str, object]]]:
    """Name, whether a hand mark overrides it, and facts, for one that rules do not see."""
    if one.standing is not Standing.NUMBERED:
        yield one.standing.value, False, {}
    elif one.number is None:
        yield "no number", False, {}
    if one.state is State.UNREADABLE:
        yield "unreadable", False, {"evidence": one.evidence}
    elif one.state is State.INCOMPLETE:
        writing = one.saved_at is None or now - one.saved_at < BEING_WRITTEN
        yield "being written" if writing else "incomplete", not writing, {"evidence": one.evidence}


def _saved_after_newest(items: Sequence[Checkpoint]) -> list[int]:
    """Lower steps saved clearly later than the greatest: perhaps a restarted run."""
    newest = items[-1].saved_at
    if newest is None or newest < PLAUSIBLE_SINCE:
        return []
    limit = int((newest + RESTART_MARGIN) * 1e9)  # to compare with a float takes far longer
    return [
        i
        for i, one in enumerate(items)
        if (measure := one.measure) is not None and measure.newest_mtime_ns > limit
    ]
