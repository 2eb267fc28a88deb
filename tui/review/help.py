"""The help: the table of keys, the words of the filter, and the signs."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style

from .glyphs import Glyphs
from .keys import help_rows
from .lines import Line
from .panes import Pane
from .styles import BOLD, DELETED, KEPT, MARKED, PINNED, SLIMMED, UNFINISHED
from .words import wrapped

_KEYS_WIDTH = 11


class HelpPane(Pane):
    """What every key and sign means."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__("Help", glyphs)

    def content(self, width: int) -> Sequence[Line]:
        lines: list[Line] = []
        for written, meaning in help_rows():
            keys = self._glyphs.spelled(written)
            first, *rest = wrapped(meaning, width - _KEYS_WIDTH - 2)
            lines.append([(f"{keys:>{_KEYS_WIDTH}}", BOLD), (f"  {first}", None)])
            lines.extend([(" " * (_KEYS_WIDTH + 2) + text, None)] for text in rest)
        lines.append(())
        for sign, style, meaning in self._signs():
            lines.append([(f"{sign:>{_KEYS_WIDTH}}", style), (f"  {meaning}", None)])
        return lines

    def _signs(self) -> list[tuple[str, Style, str]]:
        glyphs = self._glyphs
        return [
            (glyphs.pinned, PINNED, "pinned: no policy deletes it, here, in cron or in the run"),
            (glyphs.marked, MARKED, "marked for deletion by hand"),
            (
                glyphs.slimmed,
                SLIMMED,
                "weights only: marked so by hand, or slimmed already; training cannot resume there",
            ),
            (glyphs.incomplete, UNFINISHED, "incomplete: not counted by any rule, kept by all"),
            (
                f"{glyphs.kept} {glyphs.kept_all}",
                KEPT,
                "in the timeline: something stays, everything stays",
            ),
            (glyphs.slimmed, SLIMMED, "in the timeline: the weights stay"),
            (glyphs.deleted, DELETED, "in the timeline: nothing of it stays"),
        ]
