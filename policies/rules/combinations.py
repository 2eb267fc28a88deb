"""Refuse useless combinations: a rule that can keep nothing which another does not keep anyway.

Whoever writes one expects it to do something; a sentence now is better than a surprise later.
"""

from __future__ import annotations

from collections.abc import Sequence

from .fields import refuse
from .rule import Rule


def refuse_useless(rules: Sequence[Rule], source: str = "") -> None:
    """Raise PolicyRefusal, naming both rules, when one of them covers another."""
    for i, rule in enumerate(rules):
        for j, other in enumerate(rules):
            twins = _covers(rule, other)  # of two that are equal the later one is refused
            if i != j and _covers(other, rule) and not (twins and i < j):
                refuse(
                    f"{source}keep[{i}].{rule.kind}",
                    f"{rule.label()} adds nothing: keep[{j}].{other.kind} ({other.label()}) keeps "
                    "all of that; remove one of the two",
                )


def _covers(wide: Rule, narrow: Rule) -> bool:
    return wide.only in ((), narrow.only) and wide.covers(narrow)
