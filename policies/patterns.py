"""Regular expressions that are compiled when they are first asked.

The layouts and readers know a hundred of them, of which one run needs a few: to compile all at
every start would take longer than Python takes to start.
"""

from __future__ import annotations

import re
from typing import AnyStr, cast


class _Pattern:
    """Stands for a pattern; a method that was asked for once is from then on the pattern's own."""

    def __init__(self, text: str | bytes, flags: int) -> None:
        self._text = text
        self._flags = flags

    def __getattr__(self, name: str) -> object:
        if name.startswith("_"):
            raise AttributeError(name)
        found: object = getattr(re.compile(self._text, self._flags), name)
        setattr(self, name, found)
        return found


def pattern(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """What re.compile gives, later. A mistake in the text is found at the first use."""
    return cast("re.Pattern[AnyStr]", _Pattern(text, flags))
