"""The table of keys as a user's settings change it; what cannot be is refused by its name.

An action has one name and so the same keys wherever it is offered. What confirms never also
opens what is to be confirmed, whatever the settings say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from itertools import chain, zip_longest

from textual.keys import KEY_ALIASES, Keys, _character_to_key, format_key

from ...policies.late_dataclass import dataclass
from ..settings import Settings
from .keys import CONFIRM, PLACES, Key, written

_NEVER = {"ctrl+c", "ctrl+q", "ctrl+l", "ctrl+z"}  # what always leaves, repaints and suspends
_BACK = "escape"  # always goes back, so that nobody is caught anywhere
_GOES_BACK = ("clear", "close")
_NOT_YES = {"enter": "Enter takes what is offered, which is no"}
_EVERY = {key.id: key for keys in reversed(PLACES.values()) for key in keys}
_CONFIRMS = next(key.id for key in CONFIRM if key.destructive)
_NAMES = {
    "up": "↑", "down": "↓", "left": "←", "right": "→", "pageup": "PgUp", "pagedown": "PgDn",
    "escape": "Esc", "enter": "Enter", "home": "Home", "end": "End", "delete": "Del",
    "insert": "Ins", "tab": "Tab", "space": "space",
}  # fmt: skip
_SPELLED = {name.lower(): key for key, name in _NAMES.items()} | {
    "return": "enter", "page_up": "pageup", "page_down": "pagedown", "bksp": "backspace",
}  # fmt: skip
_KNOWN = {key.value for key in Keys if key.value.isalnum()} - {"return"}
_ONE_KEY = {alias: key for key, aliases in KEY_ALIASES.items() for alias in aliases}
_MODIFIERS = ("ctrl", "alt", "shift")


@dataclass(frozen=True, slots=True)
class Keymap:
    """Which keys do what; those of the table where the settings say nothing."""

    own: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # action -> keys

    def of(self, keys: Sequence[Key]) -> tuple[Key, ...]:
        """The same actions with the keys that the settings give them."""
        if not self.own:
            return tuple(keys)
        found = [replace(one, keys=self.own.get(one.id, one.keys)) for one in keys]
        groups: dict[str, list[Key]] = {}  # of what is written as one: up and down
        for before, one in zip(keys, found, strict=True):
            groups.setdefault(before.shown or before.id, []).append(one)
        shown: dict[str, str] = {}
        for name, group in groups.items():
            if any(one.id in self.own for one in group):
                # The first key of each comes first: the footer has room for these alone.
                keys_in_turn = chain.from_iterable(zip_longest(*(one.keys for one in group)))
                shown[name] = " ".join(dict.fromkeys(_named(key) for key in keys_in_turn if key))
        return tuple(
            replace(one, shown=shown.get(before.shown or before.id, one.shown))
            for before, one in zip(keys, found, strict=True)
        )

    def action(self, keys: Sequence[Key], pressed: str) -> str | None:
        """What a key does in the place that these are the keys of."""
        return next((one.id for one in self.of(keys) if pressed in one.keys), None)

    def said(self, action: str) -> str:
        """The first key of an action, as a sentence names it."""
        one = _EVERY[action]
        return _named(self.own[action][0]) if action in self.own else written(one).split()[0]

    def confirms(self, pressed: str) -> bool:
        """Whether a key says yes to a question."""
        return pressed in self.own.get(_CONFIRMS, _EVERY[_CONFIRMS].keys)


TABLE = Keymap()  # the keys as they come


def keymap_of(settings: Settings) -> Keymap:
    """The keys that the settings ask for; Refusal by file and field for what cannot be."""
    for name in settings.keys:
        if name not in _EVERY:
            settings.refuse(f"keys.{name}", f"is no action; known: {', '.join(sorted(_EVERY))}")
    own = {
        name: tuple(dict.fromkeys(_key(one, name, settings) for one in keys))
        for name, keys in settings.keys.items()
    }
    for name in _GOES_BACK:
        if name in own and _BACK not in own[name]:
            own[name] = (*own[name], _BACK)
    found = Keymap(own)
    if own:
        for keys in PLACES.values():
            _refuse_clashes(found.of(keys), settings)
        _refuse_one_key_twice(found, settings)
    return found


def _key(text: str, action: str, settings: Settings) -> str:
    """A key as Textual names it: ? is question_mark."""
    where = f"keys.{action}"
    key = _as_textual_names(text)
    if key is None:
        settings.refuse(where, f"{text!r} is no key; write b, B, ?, space, up, f3 or ctrl+n")
    if key in _NEVER:
        settings.refuse(where, f"{text} always leaves, repaints or suspends")
    if key == _BACK and action not in _GOES_BACK:
        settings.refuse(where, f"{text} always goes back")
    return key


def _as_textual_names(text: str) -> str | None:
    if len(text) == 1:
        return _character_to_key(text) if text.isprintable() and text != " " else None
    *modifiers, base = text.replace(" ", "").split("+")
    if not base or any(one.lower() not in _MODIFIERS for one in modifiers):
        return None
    if len(base) > 1:
        base = _SPELLED.get(base.lower(), base.lower())
        character = format_key(base)
        if base not in _KNOWN and len(character) > 1:
            return None
        base = base if base in _KNOWN else _character_to_key(character)
    elif [one.lower() for one in modifiers] == ["shift"] and base.isalpha():
        return base.upper()  # a terminal sends the letter alone
    else:
        base = _character_to_key(base.lower() if modifiers else base)
    key = "+".join([*(one for one in _MODIFIERS if one in map(str.lower, modifiers)), base])
    return _ONE_KEY.get(key, key)


def _named(key: str) -> str:
    """A key as a person would write it."""
    if key in _NAMES:
        return _NAMES[key]
    return key if "+" in key else format_key(key)


def _refuse_clashes(keys: Sequence[Key], settings: Settings) -> None:
    """In one place a key has one meaning."""
    owners: dict[str, str] = {}
    # Those that were asked for come last, so that the refusal names what stands in the file.
    for one in sorted(keys, key=lambda key: key.id in settings.keys):
        for key in one.keys:
            owner = owners.setdefault(key, one.id)
            if owner != one.id:
                asked = one.id if one.id in settings.keys else owner
                other = owner if asked == one.id else one.id
                settings.refuse(f"keys.{asked}", f"{_named(key)} is the key of {other} already")


def _refuse_one_key_twice(found: Keymap, settings: Settings) -> None:
    """Held down or pressed twice, a key must never ask and answer."""
    keys = {one.id: one.keys for place in PLACES.values() for one in found.of(place)}
    openers = {one.id for place in PLACES.values() for one in place if one.destructive}
    for key in keys[_CONFIRMS]:
        if key in _NOT_YES:
            settings.refuse(f"keys.{_CONFIRMS}", _NOT_YES[key])
    for first, second, words in (
        *((one, _CONFIRMS, "answers the question") for one in sorted(openers - {_CONFIRMS})),
        ("history", "purge", "purges"),
        ("quit", "discard", "leaves without asking again"),
    ):
        for key in keys[first]:
            if key in keys[second]:
                asked, other = (first, second) if first in settings.keys else (second, first)
                settings.refuse(
                    f"keys.{asked}", f"{_named(key)} {words} after {first}, so it cannot be both"
                    f" {first} and {second}; {other} has it",
                )  # fmt: skip
