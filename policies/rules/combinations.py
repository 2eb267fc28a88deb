"""Refuse useless combinations: a rule that can keep nothing which another does not keep anyway.

Whoever writes one expects it to do something; a sentence now is better than a surprise later.
"""

from __future__ import annotations

from collections.abc import Sequence

from .fields import refuse
from .policy import Policy
from .rule import Rule


def refuse_useless(
    rules: Sequence[Rule],
    names: Sequence[str],
    *,
    source: str = "",
    since: int = 0,
    whole: int | None = None,
) -> None:
    """Raise PolicyRefusal, naming both rules, when one of them covers another.

    `names` are what each rule is called where it was written. Only those from position `since` on
    are refused: what options add to a preset must do something, but may well outdo the preset.
    The first `whole` rules keep whole, by default all; the rest slim. A rule that slims what
    another one keeps whole does nothing; the other way round both have their use.
    """
    whole = len(rules) if whole is None else whole
    for i, rule in enumerate(rules[since:], start=since):
        for j, other in enumerate(rules):
            if i == j or (i < whole <= j):
                continue
            same = (i < whole) == (j < whole)
            twins = same and _covers(rule, other)  # of two that are equal the later is refused
            if _covers(other, rule) and not (twins and i < j):
                kept = "all of that" if same else "all of that whole"
                refuse(
                    f"{source}{names[i]}",
                    f"{rule.label()} adds nothing: {names[j]} ({other.label()}) keeps "
                    f"{kept}; remove one of the two",
                )


def refuse_useless_in(policy: Policy, source: str) -> None:
    """The same for a policy that is written to a file, or was read from one."""
    refuse_useless(policy.rules, fields_of(policy), source=source, whole=len(policy.keep))


def fields_of(policy: Policy) -> list[str]:
    """What the rules of a policy file are called: keep[0].last."""
    return [policy.field(number) for number in range(len(policy.rules))]


def _covers(wide: Rule, narrow: Rule) -> bool:
    return wide.only in ((), narrow.only) and wide.covers(narrow)
