"""The help: the table of keys, the words of the filter, and the signs."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.style import Style

from .glyphs import Glyphs
from .keys import IN_PANES, REVIEW, Key, help_rows
from .lines import Line
from .panes import Pane
from .remapped import TABLE, Keymap
from .styles import BOLD, DELETED, KEPT, MARKED, PINNED, SLIMMED, UNFINISHED
from .words import wrapped

_KEYS_WIDTH = 13


class HelpPane(Pane):
    """What every key and sign means."""

    def __init__(self, glyphs: Glyphs, keymap: Keymap = TABLE) -> None:
        super().__init__("Help", glyphs)
        self._keymap = keymap

    def action_help(self) -> None:
        """The key that opened it closes it."""
        self.action_close()

    def content(self, width: int) -> Sequence[Line]:
        lines = self._rows(REVIEW, width)
        lines += [(), [("In what opens over the table", BOLD)]]
        lines += [*self._rows(IN_PANES, width), ()]
        for sign, style, meaning in self._signs():
            lines.append([(f"{sign:>{_KEYS_WIDTH}}", style), (f"  {meaning}", None)])
        return lines

    def _rows(self, table: Sequence[Key], width: int) -> list[Line]:
        rows = [
            (self._glyphs.spelled(written), meaning)
            for written, meaning in help_rows(self._keymap.of(table))
        ]
        lines: list[Line] = []
        for keys, meaning in rows:
            room = max(_KEYS_WIDTH, cell_len(keys))
            first, *rest = wrapped(meaning, width - room - 2)
            indent = " " * (_KEYS_WIDTH - cell_len(keys))
            lines.append([(indent + keys, BOLD), (f"  {first}", None)])
            lines.extend([(" " * (room + 2) + text, None)] for text in rest)
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
