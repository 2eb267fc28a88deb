"""What a commit, an undo or a purge left alone, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence

from .deeds import Outcome
from .glyphs import Glyphs
from .lines import Line
from .panes import Pane
from .styles import BOLD
from .words import wrapped


class ResultPane(Pane):
    """Opens by itself when there is more to say than one line holds."""

    def __init__(self, outcome: Outcome, glyphs: Glyphs) -> None:
        super().__init__("What happened", glyphs)
        self._outcome = outcome

    def content(self, width: int) -> Sequence[Line]:
        lines: list[Line] = [[(text, BOLD)] for text in wrapped(self._outcome.sentence, width)]
        lines.append(())
        for detail in self._outcome.details:
            first, *rest = wrapped(detail, width - 2)
            lines.append([(first, None)])
            lines.extend([("  " + text, None)] for text in rest)
        return lines
