"""The question before a commit: everything that goes, what it frees, and what is odd about it.

The answer is No unless `y` is pressed or, for a large or unusual plan, the number is typed. The
key that opened the question never answers it.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.message import Message

from ..output import shown
from ..quantities import items, size
from .glyphs import Glyphs
from .keys import CONFIRM
from .lines import Line
from .model import ReviewModel
from .odd_facts import Commitment, commitment
from .panes import Pane
from .remapped import TABLE, Keymap
from .rows import decision_of, header, layout_for, numbers_of
from .styles import ALERT, BOLD, DIM
from .words import fit, fit_path, wrapped

_WIDE = 44  # cells of the whole question
_BEFORE_PATH = 26  # cells of the row of a file before its path


class ConfirmPane(Pane):
    """Shows the plan that `Confirmed` will carry; a rescan meanwhile does not change it."""

    class Confirmed(Message):
        """Yes."""

        def __init__(self, pane: ConfirmPane) -> None:
            self.plan = pane.plan
            super().__init__()

    def __init__(self, model: ReviewModel, glyphs: Glyphs, keymap: Keymap = TABLE) -> None:
        self._yes, self._no = keymap.said("confirm"), keymap.said("refuse")
        self.commitment: Commitment = commitment(model)
        self.plan = self.commitment.plan
        self._explainer = model.explainer  # a rescan brings the model another one
        self._model = model
        self._typed = ""
        self._body: tuple[int, list[Line]] | None = None
        sums = model.sums_here
        many = items(sums.delete, sums.artifacts, sums.slim)
        where = f" in {shown(model.scope)} alone" if model.scope else ""
        super().__init__(f"Commit{where}: {many} to the trash?", glyphs)
        self.extra_keys = CONFIRM[1:] if self.commitment.typed else CONFIRM

    @property
    def page(self) -> int:
        return max(1, self.rows - 2)  # the question stands on the last line

    def content(self, width: int) -> Sequence[Line]:
        if self._body is None or self._body[0] != width:
            self._body = (width, self._lines(width))
        return self._body[1]

    def _lines(self, width: int) -> list[Line]:
        lines: list[Line] = []
        for fact in self.commitment.facts:
            lines.extend([(text, None)] for text in wrapped(fact, width))
        for fact in self.commitment.odd:
            first, *rest = wrapped(fact, width - 2)
            lines.append([("! ", ALERT), (first, ALERT)])
            lines.extend([("  " + text, ALERT)] for text in rest)
        lines.append(())
        if self.commitment.going:
            lines.extend(self._checkpoints(width))
        if self.commitment.going and self.commitment.files:
            lines.append(())
        if self.commitment.files:
            lines.extend(self._files(width))
        return lines

    def _checkpoints(self, width: int) -> list[Line]:
        layout = layout_for(self._model.inventory, self._model.shown, width + 1)
        title = header(layout, self._model, self._glyphs)[1:]
        lines: list[Line] = [[(title, BOLD)]]
        for decision in self.commitment.going:
            numbers = numbers_of(decision, layout, self._model, self._glyphs)
            words = decision_of(decision, layout.cells[-1].width, self._explainer, self._glyphs)
            lines.append([("  " + numbers, None), *words])
        return lines

    def _files(self, width: int) -> list[Line]:
        lines: list[Line] = [[(f"  {'CLASS':<13} {'SIZE':>8}  FILE", BOLD)]]
        for decision in self.commitment.files:
            one = decision.artifact
            room = max(8, width - _BEFORE_PATH)
            path = fit_path(shown(one.path), room, ellipsis=self._glyphs.ellipsis)
            lines.append([(f"  {fit(one.kind, 13)} {size(one.bytes):>8}  {path}", None)])
        return lines

    def draw(self, lines: Sequence[Line]) -> None:
        blank: list[Line] = [()] * (self.rows - 1 - len(lines))
        super().draw([*lines, *blank, self._question()])

    def _question(self) -> Line:
        if not self.commitment.typed:
            answers = f"{self._yes} yes, {self._no} no "
            asked = "Move them to the trash" if self.columns >= _WIDE else "To the trash"
            return [(f" {asked}? ", BOLD), (answers, BOLD), ("(no)", DIM)]
        count, typed = self.commitment.count, f"{self._typed}_"
        words = f" Type {count} and Enter to move them to the trash, Esc not to: {typed}"
        return [
            (words if len(words) <= self.columns else f" Type {count} and Enter: {typed}", BOLD)
        ]

    def action_confirm(self) -> None:
        if not self.commitment.typed:
            self.post_message(self.Confirmed(self))

    def action_refuse(self) -> None:
        self.action_close()

    def on_key(self, event: events.Key) -> None:
        """The number; everything else is a key of the table."""
        if not self.commitment.typed:
            return
        if event.character and event.character.isdecimal():
            self._typed = (self._typed + event.character)[:9]
        elif event.key == "backspace":
            self._typed = self._typed[:-1]
        elif event.key == "enter":
            self._answer()
        else:
            return
        event.stop()
        self.sync()

    def _answer(self) -> None:
        if self._typed == str(self.commitment.count):
            self.post_message(self.Confirmed(self))
        self._typed = ""
