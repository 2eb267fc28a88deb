"""The review's few styles: the terminal's own 16 colours, readable on dark and on light.

Yellow vanishes on white and blue on black, so neither is used for text as it comes. On a light
background green and cyan are pale: a theme has others for them. A word or a glyph says the same as
each colour.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from rich.style import Style

BOLD = Style(bold=True)
DIM = Style(dim=True)
CURSOR = Style(reverse=True)
HEADING = Style(bold=True)
KEPT = Style(color="green")  # for what is drawn, not for words: pale on white
SLIMMED = Style(color="cyan")
DELETED = Style(color="red")
PINNED = Style(color="magenta", bold=True)
MARKED = Style(color="red", bold=True)
UNFINISHED = Style(color="cyan")
KEY = Style(bold=True)
ALERT = Style(color="red", bold=True)
BEST = Style(color="magenta", bold=True)

COLOURS: Mapping[str, Mapping[str, str]] = {  # what stands for a colour, by theme
    "either": {"cyan": "magenta"},  # for a background that is not known
    "dark": {},
    "light": {"green": "blue", "cyan": "blue"},
    "plain": dict.fromkeys(("green", "cyan", "red", "magenta"), "default"),
}
_LIGHT = {"7", "15"}  # white and bright white


def theme_of(asked: str, environment: Mapping[str, str]) -> str:
    """The theme for a setting; `auto` asks the terminal, of which some tell their background."""
    if asked != "auto":
        return asked
    background = environment.get("COLORFGBG", "").rpartition(";")[2]
    if not background.isdecimal():
        return "either"
    return "light" if background in _LIGHT else "dark"


@lru_cache(256)
def in_theme(style: Style, theme: str) -> Style:
    """The same style in the colours of a theme."""
    colour = COLOURS[theme].get(style.color.name) if style.color else None
    return style + Style(color=colour) if colour else style
