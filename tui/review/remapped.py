"""The table of keys as a user's settings change it; what cannot be is refused by its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textual.keys import _character_to_key

from ..settings import Settings
from .keys import CONFIRM, Key

_NEVER = {"ctrl+c", "ctrl+q", "ctrl+l"}  # what always leaves and repaints


def remapped(keys: Sequence[Key], settings: Settings) -> tuple[Key, ...]:
    """The same actions with the keys that the settings give them."""
    known = {key.id for key in keys}
    for name in settings.keys:
        if name not in known:
            settings.refuse(f"keys.{name}", f"is no action; known: {', '.join(sorted(known))}")
    table = tuple(
        replace(key, keys=tuple(map(_named, settings.keys[key.id])), shown=_shown(settings, key.id))
        if key.id in settings.keys
        else key
        for key in keys
    )
    if settings.keys:
        _refuse_clashes(table, settings)
    return table


def keymap(keys: Sequence[Key]) -> dict[str, str]:
    """What Textual binds: every action's keys by its id."""
    return {key.id: ",".join(key.keys) for key in keys}


def _named(key: str) -> str:
    """A key as Textual names it: ? is question_mark."""
    return _character_to_key(key) if len(key) == 1 else key.lower().replace(" ", "")


def _shown(settings: Settings, action: str) -> str:
    return " ".join(settings.keys[action])


def _refuse_clashes(table: Sequence[Key], settings: Settings) -> None:
    owners: dict[str, str] = {}
    confirming = {key for one in CONFIRM for key in one.keys}
    # Those that were asked for come last, so that the refusal names what stands in the file.
    for one in sorted(table, key=lambda key: key.id in settings.keys):
        for key in one.keys:
            where = f"keys.{one.id}"
            if key in owners and owners[key] != one.id:
                settings.refuse(where, f"{key} is the key of {owners[key]} already")
            if key in _NEVER:
                settings.refuse(where, f"{key} always leaves or repaints")
            if one.id == "commit" and key in confirming:
                settings.refuse(where, f"{key} confirms a commit, so it cannot open one")
            owners[key] = one.id
