"""What stands on a terminal that is too small to see what a key would do."""

from __future__ import annotations

from .lines import Lines
from .words import wrapped


class TooSmall(Lines):
    """The sentence, and nothing that could be acted on unseen."""

    DEFAULT_CSS = "TooSmall { height: 1fr; }"

    def __init__(self, columns: int, rows: int) -> None:
        super().__init__(id="too-small")
        self._sentence = f"too small: {columns}x{rows} is the least"

    def sync(self) -> None:
        self.draw([[(text, None)] for text in wrapped(self._sentence, self.columns)])
