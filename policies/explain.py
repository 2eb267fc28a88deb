"""Reasons in words, for review, commands and JSON alike: the one place that words them.

A kept checkpoint lists everything that keeps it. A deleted one says, rule by rule, what the rule
kept instead; this is worked out only when asked for.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

from .catalog.model import Checkpoint
from .decisions import (
    Action,
    ArtifactDecision,
    Decision,
    Plan,
    Reason,
    SeriesEvaluation,
    Source,
)
from .late_dataclass import dataclass
from .rules.rule import Facts, Misses, Rule

_GRIDS_FIRST = ("graduated", "every_steps", "every_epochs")


@dataclass(frozen=True, slots=True)
class Explanation:
    """One reason in words, with the rule or protection that gives it."""

    source: Source
    name: str
    text: str


_NO_RULE = Explanation(Source.RULE, "none", "no rule of the policy keeps it")


class Explainer:
    """Words the reasons of one plan; what it works out for a series it works out once."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._misses: dict[tuple[str, int], Misses] = {}  # by series and rule

    def reasons(self, decision: Decision) -> tuple[Explanation, ...]:
        """Every reason of one decision; never empty."""
        if decision.reasons or decision.action is not Action.DELETE:
            return tuple(
                Explanation(reason.source, reason.name, self.words(reason))
                for reason in decision.reasons
            )
        return tuple(self._why_not(decision.checkpoint)) or (_NO_RULE,)

    def short(self, decision: Decision) -> str:
        """The reasons in as few words as a table column takes."""
        if not decision.reasons:
            return next(self._why_not(decision.checkpoint), _NO_RULE).text
        return ", ".join(dict.fromkeys(self._short(reason) for reason in decision.reasons))

    def words(self, reason: Reason) -> str:
        """One reason as a phrase."""
        policy = self._plan.policy
        if reason.source is Source.RULE and reason.rule is not None and policy is not None:
            return policy.rules[reason.rule].words(reason.facts)
        return _WORDS[reason.name](reason.facts)

    def why_artifact(self, decision: ArtifactDecision) -> tuple[Explanation, ...]:
        """Every reason of one decision on an artifact."""
        return tuple(
            Explanation(reason.source, reason.name, self.words(reason))
            for reason in decision.reasons
        )

    def short_artifact(self, decision: ArtifactDecision) -> str:
        """The same as one phrase."""
        return ", ".join(self.words(reason) for reason in decision.reasons)

    def why_protected(self, decision: Decision) -> str:
        """Why a hand mark cannot delete it, in words; "" when it can."""
        if not decision.protected:
            return ""
        protections = (r for r in decision.reasons if r.source is Source.PROTECTION)
        return ", ".join(self.words(reason) for reason in protections)

    def _short(self, reason: Reason) -> str:
        words = _SHORT.get(reason.name) if reason.source is Source.PROTECTION else None
        return words(reason.facts) if words else self.words(reason)

    def _why_not(self, one: Checkpoint) -> Iterator[Explanation]:
        """What each rule kept instead, grids first; what is not asked for is not worked out."""
        evaluation, policy = self._plan.evaluations.get(one.series), self._plan.policy
        if evaluation is None or policy is None:
            return
        position = _position(one, evaluation.items)
        rules = sorted(enumerate(policy.rules), key=lambda each: each[1].kind not in _GRIDS_FIRST)
        for number, rule in rules:
            if rule.sees(one.series):
                text = self._misses_of(one.series, number, rule, evaluation)(position)
                if text:
                    yield Explanation(Source.RULE, rule.kind, text)

    def _misses_of(
        self, series: str, number: int, rule: Rule, evaluation: SeriesEvaluation
    ) -> Misses:
        if (series, number) not in self._misses:
            items, kept = evaluation.items, evaluation.kept[number]
            misses = rule.misses(items, kept, evaluation.setting)
            policy = self._plan.policy
            slim = policy is not None and number >= len(policy.keep)
            self._misses[series, number] = _of_slim(misses) if slim else misses
        return self._misses[series, number]


def _position(one: Checkpoint, items: Sequence[Checkpoint]) -> int:
    """Where it stands among the items of its series, which go by number."""
    first = bisect_left(items, one.number or 0, key=lambda item: item.number or 0)
    for places in (range(first, len(items)), range(first)):
        for i in places:
            if items[i] is one:
                return i
    raise LookupError(one.id)


def _of_slim(misses: Misses) -> Misses:
    """The same of a rule that keeps weights alone."""

    def words(position: int) -> str | None:
        text = misses(position)
        return f"{text} (its weights)" if text else None

    return words


def _pinned(facts: Facts) -> str:
    return f"pinned: {facts['note']}" if facts.get("note") else "pinned"


def _pointed(facts: Facts) -> str:
    return f"{_listed(facts['by'])} points to it"


def _listed(paths: Sequence[str]) -> str:
    return " and ".join(paths)


def _open(facts: Facts) -> str:
    others = facts["others"]
    more = f" and {others} more" if others else ""
    return f"open in pid {facts['pid']} ({facts['command']}){more}"


def _needed(words: str) -> Callable[[Facts], str]:
    def sentence(facts: Facts) -> str:
        folder, _, name = facts["path"].rpartition("/")
        holder = facts["holder"] or folder or "the run"
        return f"{words} {holder} ({name})"

    return sentence


def _linked(facts: Facts) -> str:
    return f"{facts['holder']} links into it ({facts['path'].rpartition('/')[2]})"


def _with_evidence(words: str) -> Callable[[Facts], str]:
    return lambda facts: f"{words}: {facts['evidence']}" if facts.get("evidence") else words


_WORDS: dict[str, Callable[[Facts], str]] = {
    "pinned": _pinned,
    "pointer": _pointed,
    "open": _open,
    "base of another": _needed("base of"),
    "resume source": _needed("resume source of"),
    "linked": _linked,
    "newest": lambda _: "newest complete of its series",
    "newest resumable": lambda _: "the newest that training can resume from",
    "kept whole": lambda facts: f"kept whole: {facts['why']}",
    "weights only": lambda facts: str(facts["why"]),
    "best metric": lambda facts: f"best {facts['metric']} ({facts['mode']})",
    "resume": lambda _: "what training resumes from",
    "best": lambda _: "the copy that the framework keeps as its best",
    "base": lambda _: "what training started from",
    "no number": lambda _: "its step or epoch is not known",
    "incomplete": _with_evidence("incomplete"),
    "being written": _with_evidence("incomplete, being written"),
    "unreadable": _with_evidence("cannot be read"),
    "not sized": lambda _: "not sized yet",
    "restarted": lambda facts: (
        f"saved after {facts['newest']}, whose step is higher: a restarted run?"
    ),
    "no policy": lambda _: "no rule is on",
    "no rule here": lambda _: "no rule of the policy looks at this series",
    "another run": lambda _: "it is in another run, which this is not about",
    "not in plan file": lambda _: "the plan file does not delete it",
    "marked": lambda _: "marked for deletion by hand",
    "makes way": lambda _: "makes way for a snapshot",
    "marked to slim": lambda _: "marked by hand to keep only the weights",
    "artifacts": lambda facts: f"the policy deletes the files of class {facts['class']}",
    "irreplaceable": lambda facts: str(facts["why"]),
    "growing": lambda _: "the newest event file of its folder: it may still be written",
    "just written": lambda facts: f"written in the last {facts['minutes']} minutes",
    "no single file": lambda _: "no single file; a policy deletes only those by their class",
    "names a checkpoint": lambda facts: f"it says which checkpoint is meant: {facts['id']}",
    "holds metrics": lambda facts: f"the policy may need it to know {facts['metric']}",
    "needed by the final model": lambda _: "the final model beside it needs it",
}

_SHORT: dict[str, Callable[[Facts], str]] = {
    "newest": lambda _: "newest",
    "newest resumable": lambda _: "newest resumable",
    "pointer": lambda facts: f"target of {_listed([p.rpartition('/')[2] for p in facts['by']])}",
    "incomplete": lambda _: "incomplete",
    "being written": lambda _: "incomplete, being written",
    "unreadable": lambda _: "unreadable",
    "restarted": lambda _: "restarted run?",
}
