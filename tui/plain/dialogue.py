"""How the plain review speaks and asks: lines out, one line in, nothing drawn over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ..output import shown
from ..review.lines import Line

WIDTH = 76
Ask = Callable[[str], str | None]  # None: there is nobody any more


class GoneError(Exception):
    """Nobody answers: leave, and change nothing more."""


class Dialogue:
    """One person at one terminal."""

    def __init__(self, ask: Ask, tell: Callable[[str], None]) -> None:
        self._ask, self._tell = ask, tell

    def say(self, *sentences: str) -> None:
        """Each on a line of its own."""
        for sentence in sentences:
            self._tell(shown(sentence))

    def show(self, lines: Iterable[Line]) -> None:
        """What a screen would draw, as text."""
        for line in lines:
            self._tell("".join(text for text, _ in line).rstrip())

    def number(self, items: Sequence[Sequence[Line]]) -> None:
        """Items, each with its number."""
        for number, (first, *rest) in enumerate(items, start=1):
            head = "".join(text for text, _ in first).strip()
            self._tell(f"{number} {head}")
            self.show(rest)

    def ask(self, question: str) -> str:
        """One line; GoneError at the end of all input."""
        answer = self._ask(f"{question}: ")
        if answer is None:
            raise GoneError
        return answer.strip()

    def sure(self, question: str) -> bool:
        """Yes only for a y; no is what Enter means."""
        return self.ask(f"{question} y or n, no") in ("y", "Y", "yes")
