"""Presets to choose from, with what each would keep and free in this directory."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

from textual.message import Message

from ...policies.decisions import Plan, Summary
from ...policies.late_dataclass import dataclass
from ...policies.refusal import Refusal
from ...policies.rules.policy import Policy
from ...policies.rules.preset_files import PresetFile, load_policy, preset_files
from ..output import shown
from ..quantities import counted, size
from .glyphs import Glyphs
from .keys import PRESETS
from .lines import Line
from .model import ReviewModel
from .panes import ChoicePane
from .styles import BOLD, DIM
from .words import fit, wrapped

_WIDTHS = (6, 6, 8, 8)  # cells of the numbers
_LEAST_NAME = 14
_NAME_WIDTH = 24  # of the longest that comes with keepstep
_AT_ONCE = 500  # checkpoints; above, presets are planned in a thread and appear one by one


@dataclass(frozen=True, slots=True)
class Offer:
    """One preset: what it does here, or why it cannot be used; neither until it is planned."""

    file: PresetFile
    policy: Policy | None
    summary: Summary | None = None
    trouble: str = ""

    @property
    def planned(self) -> bool:
        """Whether it is known what it does here."""
        return self.summary is not None or bool(self.trouble)


def offer_of(file: PresetFile) -> Offer:
    """A preset as its file says it."""
    try:
        return Offer(file, load_policy(file.name))
    except Refusal as refusal:
        return Offer(file, None, trouble=_trouble(file, refusal))


def planned(offer: Offer, model: ReviewModel) -> Offer:
    """The same, planned on this catalog with its pins and marks."""
    if offer.planned or offer.policy is None:
        return offer
    try:
        return replace(offer, summary=model.sums_of(model.plan_of(offer.policy)))
    except Refusal as refusal:
        return replace(offer, trouble=_trouble(offer.file, refusal))


def _trouble(file: PresetFile, refusal: Refusal) -> str:
    return str(refusal).removeprefix(f"{file.path}: ")


class PresetsPane(ChoicePane):
    """Enter takes the one under the cursor."""

    extra_keys = PRESETS

    class Taken(Message):
        """A preset was chosen."""

        def __init__(self, policy: Policy) -> None:
            self.policy = policy
            super().__init__()

    class Planned(Message):
        """What one preset does is known."""

        def __init__(self, plan: Plan, position: int, offer: Offer) -> None:
            self.plan, self.position, self.offer = plan, position, offer
            super().__init__()

    def __init__(self, model: ReviewModel, glyphs: Glyphs) -> None:
        super().__init__("Presets, and what each would do here", glyphs)
        self._model = model
        self._left = threading.Event()
        self._planning: Plan | None = None  # the plan beside which the offers are planned
        self.offers = [offer_of(file) for file in preset_files().values()]
        if len(model.catalog.checkpoints) <= _AT_ONCE:
            self.plan_all()
        names = [offer.file.name for offer in self.offers]
        base = model.base.name if model.base else ""
        self.cursor = names.index(base) if base in names else 0

    def on_unmount(self) -> None:
        self._left.set()

    def _begin(self) -> None:
        """Plan what is not planned yet; of a large run each takes a while, so in a thread."""
        if self._planning is not None:  # a rescan came between: all of it anew
            self.offers = [offer_of(one.file) for one in self.offers]
        self._planning = self._model.plan
        if len(self._model.catalog.checkpoints) <= _AT_ONCE:
            self.plan_all()
        else:
            work = (self._planning, tuple(self.offers))
            threading.Thread(target=self._plan_in_turn, args=work, daemon=True).start()

    def _plan_in_turn(self, plan: Plan, offers: Sequence[Offer]) -> None:
        for position, offer in enumerate(offers):
            if self._left.is_set():
                return
            if not offer.planned:
                self.post_message(self.Planned(plan, position, planned(offer, self._model)))

    def on_presets_pane_planned(self, message: Planned) -> None:
        if message.plan is self._model.plan:
            self.offers[message.position] = message.offer
        self.sync()

    def plan_all(self) -> None:
        """All at once, for who cannot watch them come."""
        self._planning = self._model.plan
        for position in range(len(self.offers)):
            self._plan(position)

    def _plan(self, position: int) -> Offer:
        self.offers[position] = planned(self.offers[position], self._model)
        return self.offers[position]

    @property
    def count(self) -> int:
        return len(self.offers)

    def before(self, width: int) -> Sequence[Line]:
        return [[(self._row("NAME", ("KEEPS", "SLIMS", "DELETES", "FREES"), width), BOLD)]]

    def _row(self, name: str, numbers: Sequence[str], width: int) -> str:
        """The first numbers go where there is no room: one that is cut is another number."""
        columns = list(zip(_WIDTHS, numbers, strict=True))
        while len(columns) > 2 and width < _LEAST_NAME + 4 + sum(cells + 1 for cells, _ in columns):
            del columns[0]
        left = width - 4 - sum(cells + 1 for cells, _ in columns)
        room = max(_LEAST_NAME, min(_NAME_WIDTH, left))
        said = fit(name, room, ellipsis=self._glyphs.ellipsis)
        return f"  {said} " + "".join(f" {text:>{cells}}" for cells, text in columns)

    def items(self, width: int) -> Sequence[Sequence[Line]]:
        if self._planning is not self._model.plan:
            self._begin()
        return [self._item(offer, width) for offer in self.offers]

    def _item(self, offer: Offer, width: int) -> Sequence[Line]:
        name = shown(offer.file.name)
        whose = "   yours" if offer.file.own else ""
        if not offer.planned:
            head = self._row(name, ("", "", "", "..."), width) + whose
            about = (offer.policy.about or offer.policy.sentence()) if offer.policy else ""
        elif offer.summary is None:
            head = f"  {fit(name, _NAME_WIDTH)}  cannot be used here{whose}"
            about = offer.trouble
        else:
            freed = offer.summary.freed
            frees = size(freed.apparent if self._model.apparent else freed.certain)
            if files := offer.summary.artifacts:
                whose = f"  and {counted(files, 'file')}{whose}"
            sums = offer.summary
            counts = (str(sums.keep), str(sums.slim), str(sums.delete), frees)
            head = self._row(name, counts, width) + whose
            about = (offer.policy.about or offer.policy.sentence()) if offer.policy else ""
        return [
            [(head, None)],
            *([("    " + text, DIM)] for text in wrapped(shown(about), width - 4)),
        ]

    def action_take(self) -> None:
        offer = self._plan(self.cursor) if self.offers else None
        if offer and offer.policy and offer.summary:
            self.post_message(self.Taken(offer.policy))
