"""Asked before a review is left whose plan would be lost: save, export, leave, or stay."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from textual.message import Message

from ..quantities import counted, items
from .glyphs import Glyphs
from .keys import LEAVE
from .lines import Line
from .model import ReviewModel
from .panes import ChoicePane
from .styles import BOLD, DIM
from .words import wrapped


class Way(StrEnum):
    """What to do with a plan that was not committed."""

    STAY = "stay"
    SAVE = "save"
    EXPORT = "export"
    DISCARD = "discard"


_WORDS = {
    Way.STAY: ("stay", "back to the table; nothing changes"),
    Way.SAVE: ("save the policy and leave", "as a preset of your own, for any run; not the marks"),
    Way.EXPORT: (
        "export the plan and leave",
        "as JSON into the current directory; keepstep apply takes it",
    ),
    Way.DISCARD: ("leave", "order, filter and rules come back the next time; marks do not"),
}


class LeavePane(ChoicePane):
    """To stay is what Enter does at first."""

    extra_keys = LEAVE

    class Chosen(Message):
        """One way out, or back."""

        def __init__(self, way: Way) -> None:
            self.way = way
            super().__init__()

    def __init__(self, model: ReviewModel, glyphs: Glyphs) -> None:
        super().__init__("Leave without a commit?", glyphs)
        self._model = model
        policy = model.plan.policy
        self.ways = [way for way in Way if way is not Way.SAVE or policy is not None]

    @property
    def count(self) -> int:
        return len(self.ways)

    def before(self, width: int) -> Sequence[Line]:
        summary, marks = self._model.plan.summary, self._model.by_hand
        going = items(summary.delete, summary.artifacts, summary.slim)
        facts = [f"The plan deletes {going}"]
        if self._model.changed and self._model.plan.policy is not None:
            facts.append(f"the policy is {self._model.plan.policy.name}")
        if marks:
            facts.append(f"{counted(len(marks), 'mark')} by hand")
        said = "; ".join(facts) + ". Nothing of it has been committed."
        return [*([("  " + text, BOLD)] for text in wrapped(said, width - 2)), ()]

    def items(self, width: int) -> Sequence[Sequence[Line]]:
        return [
            [[(f"  {head}", None)], [(f"    {about}", DIM)]]
            for head, about in (_WORDS[way] for way in self.ways)
        ]

    def _choose(self, way: Way) -> None:
        if way in self.ways:
            self.post_message(self.Chosen(way))

    def action_take(self) -> None:
        self._choose(self.ways[self.cursor])

    def action_save(self) -> None:
        self._choose(Way.SAVE)

    def action_export(self) -> None:
        self._choose(Way.EXPORT)

    def action_discard(self) -> None:
        self._choose(Way.DISCARD)
