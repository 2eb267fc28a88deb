"""What `/` understands: words that must all hold, such as `delete step>5000 eval_loss<0.2`.

A word is `keep`, `delete`, `slim`, `pinned`, `marked`, `protected`, `incomplete`, `tier:2`, a
comparison, or part of an id; a leading `!` turns it round. What is missing passes no comparison.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection

from ...policies.catalog.model import State
from ...policies.decisions import Action, Decision
from ...policies.late_dataclass import dataclass
from ...policies.units import parse_duration

_COMPARISON = re.compile(r"([\w./-]+)(<=|>=|!=|<|>|=|:)(.+)")
_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    ":": operator.eq,
    "!=": operator.ne,
}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kKmMgGtTpP]?)(i?)[bB]?")
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_FIELDS = ("step", "epoch", "size", "age", "tier")


class FilterError(ValueError):
    """A filter that cannot be understood; `str()` is for the person who typed it."""


@dataclass(frozen=True, slots=True)
class View:
    """What a filter looks at, besides the decision."""

    pinned: Collection[str] = ()
    marked: Collection[str] = ()
    metrics: Collection[str] = ()
    now: float = 0.0
    apparent: bool = False


Test = Callable[[Decision], bool]


def parse_filter(text: str, view: View) -> Test:
    """A function that says whether a row is shown; FilterError names the word it cannot take."""
    tests = [_test(word, view) for word in text.split()]
    return lambda decision: all(test(decision) for test in tests)


def _test(word: str, view: View) -> Test:
    if word.startswith("!") and len(word) > 1:
        inner = _test(word[1:], view)
        return lambda decision: not inner(decision)
    states = _states(view)
    if word in states:
        return states[word]
    match = _COMPARISON.fullmatch(word)
    if match:
        return _comparison(match[1], match[2], match[3], view)
    part = word.lower()
    return lambda decision: part in decision.checkpoint.id.lower()


def _states(view: View) -> dict[str, Test]:
    return {
        "keep": lambda d: d.action is Action.KEEP,
        "slim": lambda d: d.action is Action.SLIM,
        "delete": lambda d: d.action is Action.DELETE,
        "pinned": lambda d: d.checkpoint.id in view.pinned,
        "marked": lambda d: d.checkpoint.id in view.marked,
        "protected": lambda d: d.protected,
        "incomplete": lambda d: d.checkpoint.state is not State.COMPLETE,
    }


def _comparison(field: str, sign: str, text: str, view: View) -> Test:
    if field not in _FIELDS and field not in view.metrics:
        known = ", ".join((*_FIELDS, *sorted(view.metrics)))
        raise FilterError(f"{field!r} is nothing to compare here; known: {known}")
    wanted = _wanted(field, text)
    holds = _OPERATORS[sign]

    def test(decision: Decision) -> bool:
        value = _value(decision, field, view)
        return value is not None and holds(value, wanted)

    return test


def _wanted(field: str, text: str) -> float:
    try:
        if field == "size":
            return _bytes(text)
        return parse_duration(text) if field == "age" else float(text)
    except ValueError as error:
        said = str(error) if field == "age" else f"{text!r} is no number"
        raise FilterError(said) from None


def _bytes(text: str) -> float:
    match = _SIZE.fullmatch(text)
    if not match:
        raise ValueError
    return float(match[1]) * (1024.0 if match[3] else 1000.0) ** _POWERS[match[2].lower()]


def _value(decision: Decision, field: str, view: View) -> float | None:
    one = decision.checkpoint
    if field == "step":
        return one.step
    if field == "epoch":
        return one.epoch
    if field == "tier":
        return decision.tier
    if field == "age":
        return None if one.saved_at is None else view.now - one.saved_at
    if field == "size":
        size = one.apparent if view.apparent else one.disk
        return None if one.measure is None else size
    return one.metrics.get(field)
