"""Rules and protections brought together: what happens to each checkpoint, and why if asked.

The actions of all are worked out at once; a decision with its reasons only when it is looked at,
since most of twenty thousand never are.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .catalog.model import Catalog
from .decisions import Action, Decision, Reason, SeriesEvaluation, Source
from .protections import Lines, Protections
from .rules.graduated import GraduatedRule
from .rules.policy import Policy

_MARKED = (Reason(Source.HAND, "marked"),)
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
        if self.marks:
            for i, one in enumerate(checkpoints):
                if one.id in self.marks and not self._binding(i):
                    actions[i] = Action.DELETE
        return actions

    def decision(self, place: int) -> Decision:
        """What happens to one, with all that keeps it or the mark that does not."""
        one = self.catalog.checkpoints[place]
        position = self._position(place)
        binding = self._binding(place)
        tiers = () if position is None else self._tiers_of(one.series)
        tier = tiers[position] if tiers and position is not None else None
        if one.id in self.marks and not binding:
            return Decision(one, Action.DELETE, _MARKED, tier)
        reasons = (
            *(protection.reason for protection in self.protections.get(place, ())),
            *(_NO_POLICY if self.policy is None else self._rules(one.series, position)),
        )
        action = Action.KEEP if reasons else Action.DELETE
        return Decision(one, action, reasons, tier, protected=binding)

    def decisions(self, actions: Sequence[Action]) -> tuple[Decision, ...]:
        """All of them; those that no protection and no mark concerns are put together quickly."""
        checkpoints, delete = self.catalog.checkpoints, Action.DELETE
        found: list[Decision | None] = [None] * len(checkpoints)
        for series, places in self.lines.series.items():
            tiers = self._tiers_of(series)
            for position, place in enumerate(places):
                one = checkpoints[place]
                if place in self.protections or one.id in self.marks or self.policy is None:
                    continue
                tier = tiers[position] if tiers else None
                if actions[place] is delete:
                    found[place] = Decision(one, delete, (), tier)
                else:
                    reasons = tuple(self._rules(series, position))
                    found[place] = Decision(one, Action.KEEP, reasons, tier)
        return tuple(one or self.decision(place) for place, one in enumerate(found))

    def metric_unknown(self) -> int:
        """How many stay for no other reason than a metric that is not known."""
        rules = () if self.policy is None else self.policy.keep
        asking = [i for i, rule in enumerate(rules) if rule.metrics()]
        count = 0
        for series, evaluation in self.evaluations.items():
            places = self.lines.series[series]
            unknown = {p for i in asking for p, f in evaluation.kept[i].items() if "unknown" in f}
            count += sum(
                places[p] not in self.protections
                and all("unknown" in kept[p] for kept in evaluation.kept if p in kept)
                for p in unknown
            )
        return count

    def _apply_rules(self, actions: list[Action]) -> None:
        keep = Action.KEEP
        for series, evaluation in self.evaluations.items():
            places = self.lines.series[series]
            for kept in evaluation.kept:
                for position in kept:
                    actions[places[position]] = keep

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

    def _tiers_of(self, series: str) -> Sequence[int]:
        """By the first graduated rule that looks at the series."""
        if series not in self._tiers:
            rules = () if self.policy is None else self.policy.keep
            graduated = (r for r in rules if isinstance(r, GraduatedRule) and r.sees(series))
            rule = next(graduated, None)
            evaluation = self.evaluations.get(series)
            self._tiers[series] = (
                rule.tiers(evaluation.items, evaluation.setting) if rule and evaluation else ()
            )
        return self._tiers[series]
