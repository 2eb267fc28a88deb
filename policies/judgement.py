"""Rules and protections brought together: what happens to each checkpoint, and why if asked.

The actions of all are worked out at once; a decision with its reasons only when it is looked at,
since most of twenty thousand never are.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from .catalog.model import Catalog, Checkpoint
from .decisions import Action, Decision, Reason, SeriesEvaluation, Source
from .late_dataclass import dataclass
from .protections import Lines, Protections
from .rules.graduated import GraduatedRule
from .rules.policy import Policy
from .slimming import why_whole

_MARKED = (Reason(Source.HAND, "marked"),)
_MARKED_SLIM = (Reason(Source.HAND, "marked to slim"),)
_NO_POLICY = (Reason(Source.PROTECTION, "no policy"),)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Everything that decides on the checkpoints of a catalog."""

    catalog: Catalog
    policy: Policy | None
    lines: Lines
    protections: Protections
    evaluations: Mapping[str, SeriesEvaluation]
    marks: frozenset[str]
    slim_marks: frozenset[str] = frozenset()
    _tiers: dict[str, Sequence[int]] = field(default_factory=dict)  # filled when asked for

    def actions(self) -> list[Action]:
        """What happens to each checkpoint, in catalog order."""
        checkpoints = self.catalog.checkpoints
        if self.policy is None:
            actions = [Action.KEEP] * len(checkpoints)
        else:
            actions = [Action.DELETE] * len(checkpoints)
            for i in self.protections:
                actions[i] = Action.KEEP
            self._apply_rules(actions)
        if self.marks or self.slim_marks:
            for i, one in enumerate(checkpoints):
                action = self._by_hand(i, one)
                if action is not None:
                    actions[i] = action
        return actions

    def decision(self, place: int) -> Decision:
        """What happens to one, with all that keeps it or the mark that does not."""
        one = self.catalog.checkpoints[place]
        position = self._position(place)
        binding = self._binding(place)
        tiers = () if position is None else self._tiers_of(one.series)
        tier = tiers[position] if tiers and position is not None else None
        action = self._by_hand(place, one)
        if action is not None:
            marked = _MARKED if action is Action.DELETE else _MARKED_SLIM
            return Decision(one, action, marked, tier)
        protections = tuple(each.reason for each in self.protections.get(place, ()))
        rules = _NO_POLICY if self.policy is None else tuple(self._rules(one.series, position))
        reasons = (*protections, *rules)
        if reasons:
            return Decision(one, Action.KEEP, reasons, tier, protected=binding)
        reasons = self._slim_rules(one, position)
        action = _mildest(one, reasons)
        return Decision(one, action, reasons, tier)

    def decisions(self, actions: Sequence[Action]) -> tuple[Decision, ...]:
        """All of them; those that no protection and no mark concerns are put together quickly."""
        checkpoints, delete = self.catalog.checkpoints, Action.DELETE
        found: list[Decision | None] = [None] * len(checkpoints)
        by_hand = self.marks | self.slim_marks
        for series, places in self.lines.series.items():
            tiers = self._tiers_of(series)
            for position, place in enumerate(places):
                one = checkpoints[place]
                if place in self.protections or self.policy is None or one.id in by_hand:
                    continue
                tier = tiers[position] if tiers else None
                if actions[place] is delete:
                    found[place] = Decision(one, delete, (), tier)
                else:
                    reasons = tuple(self._rules(series, position))
                    reasons = reasons or self._slim_rules(one, position)
                    found[place] = Decision(one, actions[place], reasons, tier)
        return tuple(one or self.decision(place) for place, one in enumerate(found))

    def tiers(self) -> list[int | None]:
        """The tier of each checkpoint, in catalog order; None where no rule has tiers."""
        found: list[int | None] = [None] * len(self.catalog.checkpoints)
        for series, places in self.lines.series.items():
            for place, tier in zip(places, self._tiers_of(series), strict=False):
                found[place] = tier
        return found

    def metric_unknown(self) -> int:
        """How many stay for no other reason than a metric that is not known."""
        rules = () if self.policy is None else self.policy.keep
        asking = [i for i, rule in enumerate(rules) if rule.metrics()]
        count = 0
        for series, evaluation in self.evaluations.items():
            places = self.lines.series[series]
            whole = evaluation.kept[: len(rules)]
            unknown = {p for i in asking for p, f in evaluation.kept[i].items() if "unknown" in f}
            count += sum(
                places[p] not in self.protections
                and all("unknown" in kept[p] for kept in whole if p in kept)
                for p in unknown
            )
        return count

    def _apply_rules(self, actions: list[Action]) -> None:
        keep, delete = Action.KEEP, Action.DELETE
        whole = 0 if self.policy is None else len(self.policy.keep)
        for series, evaluation in self.evaluations.items():
            places = self.lines.series[series]
            for kept in evaluation.kept[:whole]:
                for position in kept:
                    actions[places[position]] = keep
            for slimmed in evaluation.kept[whole:]:
                for position in slimmed:
                    place = places[position]
                    if actions[place] is delete:
                        one = self.catalog.checkpoints[place]
                        actions[place] = keep if why_whole(one) else Action.SLIM

    def _by_hand(self, place: int, one: Checkpoint) -> Action | None:
        """What a person's mark says, where nothing forbids it; deletion before slimming."""
        if (one.id not in self.marks and one.id not in self.slim_marks) or self._binding(place):
            return None
        if one.id in self.marks:
            return Action.DELETE
        return None if why_whole(one) else Action.SLIM

    def _binding(self, place: int) -> bool:
        return any(not protection.by_hand for protection in self.protections.get(place, ()))

    def _position(self, place: int) -> int | None:
        """Where it stands among those of its series that rules see."""
        places = self.lines.series.get(self.catalog.checkpoints[place].series, ())
        position = bisect_left(places, place)
        return position if position < len(places) and places[position] == place else None

    def _rules(self, series: str, position: int | None) -> Iterator[Reason]:
        if self.policy is None or position is None:
            return
        kept = self.evaluations[series].kept
        for number, rule in enumerate(self.policy.keep):
            facts = kept[number].get(position)
            if facts is not None:
                yield Reason(Source.RULE, rule.kind, number, facts)

    def _slim_rules(self, one: Checkpoint, position: int | None) -> tuple[Reason, ...]:
        """The rules that keep its weights, and why all of it stays where they cannot slim it."""
        if self.policy is None or not self.policy.slim or position is None:
            return ()
        kept = self.evaluations[one.series].kept
        found = []
        for number, rule in enumerate(self.policy.slim, start=len(self.policy.keep)):
            facts = kept[number].get(position)
            if facts is not None:
                found.append(Reason(Source.RULE, rule.kind, number, facts))
        why = why_whole(one) if found else ""
        if why:
            name = "weights only" if one.weights_only else "kept whole"
            found.append(Reason(Source.PROTECTION, name, facts={"why": why}))
        return tuple(found)

    def _tiers_of(self, series: str) -> Sequence[int]:
        """By the first graduated rule that looks at the series."""
        if series not in self._tiers:
            rules = () if self.policy is None else self.policy.rules
            graduated = (r for r in rules if isinstance(r, GraduatedRule) and r.sees(series))
            rule = next(graduated, None)
            evaluation = self.evaluations.get(series)
            self._tiers[series] = (
                rule.tiers(evaluation.items, evaluation.setting) if rule and evaluation else ()
            )
        return self._tiers[series]


def _mildest(one: Checkpoint, slim: Sequence[Reason]) -> Action:
    """What becomes of one that no rule keeps whole."""
    if not slim:
        return Action.DELETE
    return Action.KEEP if why_whole(one) else Action.SLIM
