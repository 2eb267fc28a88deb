"""What `/` understands: words that must all hold, such as `delete step>5000 eval_loss<0.2`.

A word is `keep`, `delete`, `slim`, `pinned`, `marked`, `protected`, `incomplete`, `tier:2`, a
comparison, or part of an id; a leading `!` turns it round. What is missing passes no comparison.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Sequence

from ...policies.catalog.model import Checkpoint, State
from ...policies.decisions import Action, Plan
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
    """What a filter looks at: a plan, and what the review shows besides."""

    plan: Plan
    pinned: Collection[str] = ()
    marked: Collection[str] = ()
    metrics: Collection[str] = ()
    now: float = 0.0
    apparent: bool = False


Test = Callable[[int], bool]  # of a place in the catalog: most rows need no decision for it


def parse_filter(text: str, view: View) -> Test:
    """A function that says whether a row is shown; FilterError names the word it cannot take."""
    tests = [_test(word, view) for word in text.split()]
    if len(tests) == 1:
        return tests[0]
    return lambda place: all(test(place) for test in tests)


def _test(word: str, view: View) -> Test:
    if word.startswith("!") and len(word) > 1:
        inner = _test(word[1:], view)
        return lambda place: not inner(place)
    state = _state(word, view)
    if state is not None:
        return state
    match = _COMPARISON.fullmatch(word)
    if match:
        return _comparison(match[1], match[2], match[3], view)
    part, checkpoints = word.lower(), view.plan.catalog.checkpoints
    return lambda place: part in checkpoints[place].id.lower()


def _state(word: str, view: View) -> Test | None:
    """The test of a word that stands for a state; None for any other word."""
    plan, checkpoints, complete = view.plan, view.plan.catalog.checkpoints, State.COMPLETE
    if word in {"keep", "slim", "delete"}:
        wanted, actions = Action(word), plan.actions
        return lambda place: actions[place] is wanted
    if word in {"pinned", "marked"}:
        ids = view.pinned if word == "pinned" else view.marked
        return lambda place: checkpoints[place].id in ids
    if word == "protected":
        actions, goes = plan.actions, Action.DELETE
        return lambda place: actions[place] is not goes and plan.decisions[place].protected
    if word == "incomplete":
        return lambda place: checkpoints[place].state is not complete
    return None


def _comparison(field: str, sign: str, text: str, view: View) -> Test:
    if field not in _FIELDS and field not in view.metrics:
        known = ", ".join((*_FIELDS, *sorted(view.metrics)))
        raise FilterError(f"{field!r} is nothing to compare here; known: {known}")
    wanted = _wanted(field, text)
    holds, values = _OPERATORS[sign], _values(field, view)

    def test(place: int) -> bool:
        value = values(place)
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


def _values(field: str, view: View) -> Callable[[int], float | None]:
    """The value of a field by place."""
    checkpoints: Sequence[Checkpoint] = view.plan.catalog.checkpoints
    if field == "tier":
        return view.plan.tiers.__getitem__
    value = _VALUES.get(field)
    if value is None:
        return lambda place: checkpoints[place].metrics.get(field)
    return lambda place: value(checkpoints[place], view)


def _age(one: Checkpoint, view: View) -> float | None:
    return None if one.saved_at is None else view.now - one.saved_at


def _size(one: Checkpoint, view: View) -> float | None:
    if one.measure is None:
        return None
    return one.measure.apparent if view.apparent else one.measure.disk


_VALUES: dict[str, Callable[[Checkpoint, View], float | None]] = {
    "step": lambda one, view: one.step,
    "epoch": lambda one, view: one.epoch,
    "age": _age,
    "size": _size,
}
