"""Presets to choose from, with what each would keep and free in this directory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.message import Message

from ...policies.decisions import Summary
from ...policies.refusal import Refusal
from ...policies.rules.policy import Policy
from ...policies.rules.preset_files import PresetFile, load_policy, preset_files
from ..output import shown
from ..quantities import size
from .glyphs import Glyphs
from .keys import PRESETS
from .lines import Line
from .model import ReviewModel
from .panes import ChoicePane, bound
from .styles import BOLD, DIM
from .words import fit, wrapped

_NAME_WIDTH = 16


@dataclass(frozen=True, slots=True)
class Offer:
    """One preset: what it does here, or why it cannot be used."""

    file: PresetFile
    policy: Policy | None
    summary: Summary | None
    trouble: str = ""


def offers(model: ReviewModel) -> list[Offer]:
    """Every preset, planned on this catalog with its pins and marks."""
    return [_offer(model, file) for file in preset_files().values()]


def _offer(model: ReviewModel, file: PresetFile) -> Offer:
    policy = None
    try:
        policy = load_policy(file.name)
        return Offer(file, policy, model.plan_of(policy).summary)
    except Refusal as refusal:
        trouble = str(refusal).removeprefix(f"{file.path}: ")
        return Offer(file, policy, None, trouble)


class PresetsPane(ChoicePane):
    """Enter takes the one under the cursor."""

    BINDINGS = bound(PRESETS)
    extra_keys = PRESETS

    class Taken(Message):
        """A preset was chosen."""

        def __init__(self, policy: Policy) -> None:
            self.policy = policy
            super().__init__()

    def __init__(self, model: ReviewModel, glyphs: Glyphs) -> None:
        super().__init__("Presets, and what each would do here", glyphs)
        self._model = model
        self.offers = offers(model)
        names = [offer.file.name for offer in self.offers]
        base = model.base.name if model.base else ""
        self.cursor = names.index(base) if base in names else 0

    def before(self, width: int) -> Sequence[Line]:
        title = f"  {'NAME':<{_NAME_WIDTH}}  {'KEEPS':>6} {'SLIMS':>6} {'DELETES':>8} {'FREES':>8}"
        return [[(title, BOLD)]]

    def items(self, width: int) -> Sequence[Sequence[Line]]:
        return [self._item(offer, width) for offer in self.offers]

    def _item(self, offer: Offer, width: int) -> Sequence[Line]:
        name = fit(shown(offer.file.name), _NAME_WIDTH, ellipsis=self._glyphs.ellipsis)
        whose = "   yours" if offer.file.own else ""
        if offer.summary is None:
            head = f"  {name}  {'cannot be used here':>31}{whose}"
            about = offer.trouble
        else:
            freed = offer.summary.freed
            frees = size(freed.apparent if self._model.apparent else freed.certain)
            sums = offer.summary
            counts = f"{sums.keep:>6} {sums.slim:>6} {sums.delete:>8}"
            head = f"  {name}  {counts} {frees:>8}{whose}"
            about = (offer.policy.about or offer.policy.sentence()) if offer.policy else ""
        return [
            [(head, None)],
            *([("    " + text, DIM)] for text in wrapped(shown(about), width - 4)),
        ]

    def action_take(self) -> None:
        offer = self.offers[self.cursor] if self.offers else None
        if offer and offer.policy and offer.summary:
            self.post_message(self.Taken(offer.policy))
