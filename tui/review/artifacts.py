"""What else lies here, the answer to "can I delete this?", what the plan does, and marks."""

from __future__ import annotations

from collections.abc import Sequence

from textual.message import Message

from ...policies.catalog.model import Artifact, Consequence
from ...policies.decisions import Action, ArtifactDecision
from ..output import shown
from ..quantities import counted, size
from .glyphs import Glyphs
from .keys import ARTIFACTS
from .lines import Line
from .model import ReviewModel
from .panes import ChoicePane
from .styles import BOLD, DELETED, DIM, MARKED, PINNED
from .words import fit, fit_path, wrapped

_STYLES = {
    Consequence.SAFE: None,
    Consequence.INCONVENIENT: None,
    Consequence.CATASTROPHIC: DELETED,
}
_FIXED = 41  # cells of a row before its path


class ArtifactsPane(ChoicePane):
    """Largest first; the reason under each. Marks go with the next commit, as those of rows."""

    extra_keys = ARTIFACTS

    class Marked(Message):
        """Mark or unmark one file."""

        def __init__(self, path: str) -> None:
            self.path = path
            super().__init__()

    def __init__(self, model: ReviewModel, glyphs: Glyphs) -> None:
        super().__init__("What else lies here", glyphs)
        self._model = model
        catalog = model.catalog_here
        self.artifacts = sorted(catalog.artifacts, key=lambda one: (-one.bytes, one.path))
        self._unrecognised = catalog.unrecognised
        self._decisions: dict[str, ArtifactDecision] = {}

    @property
    def count(self) -> int:
        return len(self.artifacts)

    def before(self, width: int) -> Sequence[Line]:
        if not self.artifacts:
            return [(), [("  Nothing but checkpoints.", None)], *self._unknown()]
        title = f"  {'CLASS':<13} {'SIZE':>8}  {'IF DELETED':<12}   PATH"
        return [*self._unknown(), *self._of_the_policy(), [(title, BOLD)]]

    def _of_the_policy(self) -> list[Line]:
        """How many go, where the policy on screen names a class at all."""
        policy, going = self._model.plan.policy, self._model.sums_here.artifacts
        if policy is None or not policy.artifacts:
            return []
        classes = ", ".join(policy.artifacts)
        verb = "goes" if going == 1 else "go"
        return [
            [(f"  {counted(going, 'file')} {verb} with this policy, which names {classes}", None)]
        ]

    def _unknown(self) -> list[Line]:
        count = len(self._unrecognised)
        names = ", ".join(shown(name) for name in self._unrecognised[:5])
        more = ", ..." if count > 5 else ""
        return [[(f"  {count} not recognised, so left alone: {names}{more}", DIM)]] if count else []

    def items(self, width: int) -> Sequence[Sequence[Line]]:
        self._decisions = {one.artifact.path: one for one in self._model.plan.artifacts}
        return [self._item(artifact, width) for artifact in self.artifacts]

    def _item(self, one: Artifact, width: int) -> Sequence[Line]:
        path = fit_path(shown(one.path), max(8, width - _FIXED), ellipsis=self._glyphs.ellipsis)
        start = f" {fit(one.kind, 13)} {size(one.bytes):>8}  "
        decision = self._decisions.get(one.path)
        goes = decision is not None and decision.action is Action.DELETE
        why = [[("    " + text, DIM)] for text in wrapped(one.why, width - 4)]
        style = _STYLES[one.consequence]
        sign = self._glyphs.marked if goes else " "
        return [
            [
                (sign, MARKED),
                (start, None),
                (f"{one.consequence.value:<13}", style),
                (f"  {path}", None),
            ],
            *why,
            *self._decided(one, width),
        ]

    def _decided(self, one: Artifact, width: int) -> list[Line]:
        """What the plan does with it, and why; nothing where neither policy nor mark names it."""
        decision = self._decisions.get(one.path)
        if decision is None:
            pin = self._model.pins.get(one.path)
            said = "" if pin is None else f"pinned: {pin.note}" if pin.note else "pinned"
            return [[("    " + shown(said), PINNED)]] if said else []
        said = f"{decision.action.value}: {self._model.explainer.short_artifact(decision)}"
        style = DELETED if decision.action is Action.DELETE else None
        return [[("    " + text, style)] for text in wrapped(shown(said), width - 4)]

    def action_mark(self) -> None:
        if self.artifacts:
            self.post_message(self.Marked(self.artifacts[self.cursor].path))
