"""Read the fields of a rule from YAML values, refusing what does not fit in one sentence.

`where` names the file and field, such as "mine.yaml: keep[0].last" or "--keep-last".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import isfinite
from typing import Any, NoReturn

from ..refusal import PolicyRefusal
from ..units import parse_duration


def refuse(where: str, what: str) -> NoReturn:
    """Raise the refusal for one field."""
    raise PolicyRefusal(f"{where}: {what}")


def count(value: object, where: str, *, at_least: int = 1) -> int:
    """A whole number of things or steps."""
    if isinstance(value, bool) or not isinstance(value, int):
        refuse(where, f"must be a whole number, not {_show(value)}")
    if value < at_least:
        refuse(where, f"must be at least {at_least}, not {value}")
    return value


def number(value: object, where: str) -> float:
    """A finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        refuse(where, f"must be a number, not {_show(value)}")
    return value


def duration(value: object, where: str, *, positive: bool = False) -> float:
    """Seconds of a length of time such as 7d."""
    try:
        seconds = parse_duration(str(value))
    except ValueError as error:
        refuse(where, str(error))
    if positive and not seconds:
        refuse(where, f"must be longer than {value}")
    return seconds


def text(value: object, where: str) -> str:
    """A non-empty string."""
    if not isinstance(value, str) or not value.strip():
        refuse(where, f"must be a name, not {_show(value)}")
    return value


def choice(value: object, where: str, allowed: Collection[str]) -> str:
    """One of a few words."""
    if not isinstance(value, str) or value not in allowed:
        refuse(where, f"must be {_listed(allowed, 'or')}, not {_show(value)}")
    return value


def mapping(
    value: object, where: str, *, required: Collection[str], optional: Collection[str] = ()
) -> Mapping[str, Any]:
    """A mapping with just these keys."""
    takes = [*required, *optional]
    if not isinstance(value, dict):
        refuse(where, f"must be a mapping with {_listed(takes, 'and')}, not {_show(value)}")
    for key in value:
        if key not in takes:
            near = _nearest(key, takes)
            refuse(where, f"unknown field {_show(key)}{near}; it takes {_listed(takes, 'and')}")
    for key in required:
        if key not in value:
            refuse(where, f"needs the field {key!r}")
    return value


def unknown(value: object, where: str, what: str, known: Collection[str]) -> NoReturn:
    """Refuse a name that is not in a table, with the nearest one that is."""
    names = sorted(known)
    refuse(
        where, f"unknown {what} {_show(value)}{_nearest(value, names)}; known: {', '.join(names)}"
    )


def _nearest(value: object, known: Collection[str]) -> str:
    from difflib import get_close_matches  # only when something is wrong

    close = get_close_matches(str(value), list(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _listed(words: Collection[str], last: str) -> str:
    names = list(words)
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}"


def _show(value: object) -> str:
    if value is None:
        return "nothing"
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
