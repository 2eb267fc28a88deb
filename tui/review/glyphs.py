"""The few signs the review draws with, and what stands for them where UTF-8 is missing.

Every sign has a word beside it or in the help: none is the only carrier of a fact.
"""

from __future__ import annotations

import codecs
import locale

from ...policies.late_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One set of signs; each is one cell wide."""

    cursor: str = "›"
    in_range: str = "▏"
    pinned: str = "◆"
    marked: str = "✗"
    incomplete: str = "○"
    kept: str = "│"
    kept_all: str = "█"
    slimmed: str = "╷"
    deleted: str = "·"
    up: str = "▲"
    down: str = "▼"
    ellipsis: str = "…"
    dot: str = "·"
    dash: str = "–"
    bar: str = "▐"
    best: str = "★"
    here: str = "▲"
    levels: str = "▁▂▃▄▅▆▇█"
    rule: str = "─"
    edge: str = "│"
    opened: str = "▾"
    folded: str = "▸"
    on: str = "■"
    off: str = "□"
    arrows: str = "↑↓←→"

    def spelled(self, keys: str) -> str:
        """The names of keys in signs that the terminal has."""
        if self.arrows:
            return keys
        for arrow, name in zip(UNICODE.arrows, ("Up", "Down", "Left", "Right"), strict=True):
            keys = keys.replace(arrow, name)
        return keys


UNICODE = Glyphs()
ASCII = Glyphs(
    cursor=">",
    in_range="|",
    pinned="P",
    marked="x",
    incomplete="o",
    kept="|",
    kept_all="#",
    slimmed=":",
    deleted=".",
    up="^",
    down="v",
    ellipsis="~",
    dot="-",
    dash="-",
    bar="#",
    best="*",
    here="^",
    levels="_.-=+*%#",
    rule="-",
    edge="|",
    opened="-",
    folded="+",
    on="x",
    off=" ",
    arrows="",
)


def glyphs_for_locale() -> Glyphs:
    """Typographic signs where the terminal is told to speak UTF-8."""
    try:
        name = codecs.lookup(locale.getpreferredencoding(False)).name
    except LookupError:
        name = "ascii"
    return UNICODE if name == "utf-8" else ASCII
