"""One line at the bottom that asks: a question for y or n, or a word to type.

It takes the focus while it is there, so no key reaches the table by mistake.
"""

from __future__ import annotations

from collections.abc import Callable

from textual import events

from ..output import shown
from .lines import Lines
from .remapped import TABLE, Keymap
from .styles import BOLD, CURSOR

Answer = Callable[[str], None]


class Question(Lines, can_focus=True):
    """`y` or what the settings have for it is yes, and every other key is no."""

    def __init__(
        self,
        text: str,
        on_yes: Callable[[], None],
        on_end: Callable[[], None],
        keymap: Keymap = TABLE,
    ) -> None:
        super().__init__()
        self._text, self._on_yes, self._on_end = text, on_yes, on_end
        self._keymap = keymap

    def sync(self) -> None:
        yes, no = self._keymap.said("confirm"), self._keymap.said("refuse").upper()
        self.draw([[(f" {self._text} ", BOLD), (f"{yes}/{no}", BOLD)]])

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        self._on_end()
        if self._keymap.confirms(event.key):
            self._on_yes()


class TextPrompt(Lines, can_focus=True):
    """A word to type; Enter gives it, Esc gives up."""

    def __init__(self, label: str, text: str, on_text: Answer, on_end: Callable[[], None]) -> None:
        super().__init__()
        self._label, self.text = label, text
        self._on_text, self._on_end = on_text, on_end

    def sync(self) -> None:
        self.draw([[(f" {self._label} ", BOLD), (shown(self.text), None), (" ", CURSOR)]])

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        if event.key == "escape":
            self._on_end()
        elif event.key == "enter":
            self._on_end()
            self._on_text(self.text)
        elif event.key in ("backspace", "ctrl+h"):
            self.text = self.text[:-1]
        elif event.key == "ctrl+u":
            self.text = ""
        elif event.character and event.character.isprintable():
            self.text += event.character
        self.sync()

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self.text += "".join(c for c in event.text if c.isprintable())
        self.sync()
