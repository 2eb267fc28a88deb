"""A user's own settings: which keys do what in the review. One YAML file, and none is needed.

keys:
  pin: p
  presets: [P, f2]
theme: light
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import field
from typing import NoReturn

from ..policies.late_dataclass import dataclass
from ..policies.refusal import Refusal

FILE = "config.yaml"
THEMES = ("auto", "dark", "light", "plain")
_MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Settings:
    """What the file says; `path` is where, for refusals."""

    path: str = ""
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # action -> keys
    theme: str = "auto"  # which colours: for a dark or a light background, none, or by what it is

    def refuse(self, where: str, sentence: str) -> NoReturn:
        """Refuse one setting by file and field."""
        raise Refusal(f"{self.path}: {where}: {sentence}")


def settings_file() -> str:
    """Where the settings are; the file need not exist."""
    import platformdirs

    return os.path.join(platformdirs.user_config_dir("keepstep"), FILE)


def load_settings(path: str) -> Settings:
    """The settings in a file; none when there is no file. Refusal names file and field."""
    try:
        with open(path, "rb") as file:
            raw = file.read(_MAX_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return Settings()
    except OSError as error:
        raise Refusal(f"{path}: {error.strerror or error}") from None
    import yaml  # 10 ms that only those pay who have settings

    try:
        document = yaml.safe_load(raw)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        at = f" (line {mark.line + 1})" if mark else ""
        raise Refusal(f"{path}: not valid YAML{at}") from None
    return _settings(document, path)


def _settings(document: object, path: str) -> Settings:
    found = Settings(path)
    if document is None:
        return found
    if not isinstance(document, dict):
        raise Refusal(f"{path}: must be a mapping such as keys: {{pin: b}}")
    for name in document:
        if name not in ("keys", "theme"):
            found.refuse(str(name), "is no setting; known: keys, theme")
    theme = document.get("theme", found.theme)
    if theme not in THEMES:
        found.refuse("theme", f"must be one of {', '.join(THEMES)}")
    keys = document.get("keys") or {}
    if not isinstance(keys, dict):
        found.refuse("keys", "must be a mapping of actions to keys, such as {pin: b}")
    own = {str(name): _keys(name, value, found) for name, value in keys.items()}
    return Settings(path, own, theme)


def _keys(name: object, value: object, found: Settings) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    keys = []
    for one in values:
        # A bare digit is a key too, though YAML reads it as a number.
        if isinstance(one, bool) or not isinstance(one, str | int) or not str(one).strip():
            found.refuse(f"keys.{name}", "must be a key or a list of keys, such as b or [b, f3]")
        keys.append(str(one))
    if not keys:
        found.refuse(f"keys.{name}", "needs at least one key")
    return tuple(keys)
