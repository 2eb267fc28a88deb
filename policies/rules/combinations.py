"""Refuse useless combinations: a rule that can keep nothing which another does not keep anyway.

Whoever writes one expects it to do something; a sentence now is better than a surprise later.
"""

from __future__ import annotations

from collections.abc import Sequence

from .fields import refuse
from .rule import Rule


def refuse_useless(
    rules: Sequence[Rule], names: list[str], *, source: str = "", since: int = 0
) -> None:
    """Raise PolicyRefusal, naming both rules, when one of them covers another.

    `names` are what each rule is called where it was written. Only those from position `since` on
    are refused: what options add to a preset must do something, but may well outdo the preset.
    """
    for i, rule in enumerate(rules[since:], start=since):
        for j, other in enumerate(rules):
            twins = _covers(rule, other)  # of two that are equal the later one is refused
            if i != j and _covers(other, rule) and not (twins and i < j):
                refuse(
                    f"{source}{names[i]}",
                    f"{rule.label()} adds nothing: {names[j]} ({other.label()}) keeps "
                    "all of that; remove one of the two",
                )


def fields_of(rules: Sequence[Rule]) -> list[str]:
    """What the rules of a policy file are called: keep[0].last."""
    return [f"keep[{i}].{rule.kind}" for i, rule in enumerate(rules)]


def _covers(wide: Rule, narrow: Rule) -> bool:
    return wide.only in ((), narrow.only) and wide.covers(narrow)
