"""Refuse useless combinations: a rule that can keep nothing which another does not keep anyway.

Whoever writes one expects it to do something; a sentence now is better than a surprise later.
"""

from __future__ import annotations

from .fields import refuse
from .policy import Policy
from .rule import Rule


def refuse_useless(policy: Policy, source: str = "") -> None:
    """Raise PolicyRefusal, naming both rules, when one of them covers another.

    A rule that slims what another one keeps whole does nothing either; the other way round both
    have their use.
    """
    rules, whole = policy.rules, len(policy.keep)
    for i, rule in enumerate(rules):
        for j, other in enumerate(rules):
            if i == j or (i < whole <= j):
                continue
            same = (i < whole) == (j < whole)
            twins = same and _covers(rule, other)  # of two that are equal the later is refused
            if _covers(other, rule) and not (twins and i < j):
                kept = "keeps all of that" if same else "keeps all of that whole"
                refuse(
                    f"{source}{policy.field(i)}",
                    f"{rule.label()} adds nothing: {policy.field(j)} ({other.label()}) {kept}; "
                    "remove one of the two",
                )


def _covers(wide: Rule, narrow: Rule) -> bool:
    return wide.only in ((), narrow.only) and wide.covers(narrow)
