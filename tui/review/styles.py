"""The review's few styles: the terminal's own 16 colours, readable on dark and on light.

Yellow vanishes on white and blue on black, so neither is used for text. A word or a glyph says
the same as each colour.
"""

from __future__ import annotations

from rich.style import Style

BOLD = Style(bold=True)
DIM = Style(dim=True)
CURSOR = Style(reverse=True)
HEADING = Style(bold=True)
KEPT = Style(color="green")
SLIMMED = Style(color="cyan")
DELETED = Style(color="red")
PINNED = Style(color="magenta", bold=True)
MARKED = Style(color="red", bold=True)
UNFINISHED = Style(color="cyan")
KEY = Style(bold=True)
ALERT = Style(color="red", bold=True)
BEST = Style(color="magenta", bold=True)
