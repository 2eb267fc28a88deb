"""Rules, presets, values and views of the policy, by number."""

from __future__ import annotations

import re

from ...policies.budget import propose
from ...policies.refusal import Refusal
from ...policies.rules.preset_files import preset_files
from ...policies.units import parse_size
from ..review.comparison import ComparePane
from ..review.disk import Disk
from ..review.forecast import ForecastPane
from ..review.glyphs import ASCII
from ..review.model import ReviewModel
from ..review.presets import PresetsPane
from ..review.rule_values import values_of
from .dialogue import WIDTH, Dialogue

_CHANGE = re.compile(r"(\d)([a-z]?)\s*([+-]?)")


class PolicyCommands:
    """Needs a model, a disk and a dialogue; plans nothing itself."""

    model: ReviewModel
    disk: Disk
    talk: Dialogue

    def do_rules(self, text: str) -> None:
        slots = self.model.slots
        for number, slot in enumerate(slots[:9], start=1):
            values = values_of(slot.rule)
            letters = ", ".join(f"{chr(97 + i)} {one.text}" for i, one in enumerate(values))
            said = f"; values {letters}" if len(values) > 1 else ""
            self.talk.say(f"{number} {'on' if slot.on else 'off'}: {slot.label}{said}")
        if not slots:
            self.talk.say("no rules; presets has some")
            return
        text = text or self.talk.ask("1 switches rule 1; 1+ or 1b- changes a value; nothing leaves")
        if text:
            self._change_rule(text)

    def _change_rule(self, text: str) -> None:
        match = _CHANGE.fullmatch(text.strip())
        position = int(match[1]) - 1 if match else -1
        if match is None or not 0 <= position < len(self.model.slots):
            self.talk.say(f"{text!r} is no rule; write 1, 1+ or 1b-")
            return
        if not match[3]:
            self.model.toggle(position)
            return
        self.model.chosen = (position, ord(match[2] or "a") - 97)
        if self.model.chosen_value is None:
            self.talk.say(f"rule {match[1]} has no value {match[2] or 'to change'}")
        else:
            self.model.change_value(match[3] == "+")

    def do_presets(self, text: str) -> None:
        pane = PresetsPane(self.model, ASCII)
        pane.plan_all()
        self.talk.show(pane.before(WIDTH))
        self.talk.number(pane.items(WIDTH))
        text = text or self.talk.ask("which one; nothing leaves")
        names = [one.file.name for one in pane.offers]
        position = int(text) - 1 if text.isdecimal() else names.index(text) if text in names else -1
        if not text:
            return
        offer = pane.offers[position] if 0 <= position < len(names) else None
        if offer is None or offer.policy is None or offer.summary is None:
            self.talk.say(f"{text!r} cannot be used here")
        else:
            self.model.use(offer.policy)

    def do_compare(self, _: str) -> None:
        if self.model.base is None or not self.model.changed:
            self.talk.say("the rules are as they began")
        else:
            self.talk.show(ComparePane(self.model, ASCII).content(WIDTH))

    def do_forecast(self, _: str) -> None:
        space = self.disk.space(self.model.root)
        pane = ForecastPane(self.model, ASCII, space.free if space else None)
        self.talk.show(pane.content(WIDTH))

    def do_free(self, text: str) -> None:
        if self.model.plan.policy is None:
            self.talk.say("no rule is on, so there is no policy to change; presets has some")
            return
        try:
            proposal = propose(self.model.plan_on(self.model.catalog_here), parse_size(text))
        except (Refusal, ValueError) as error:
            self.talk.say(str(error))
            return
        if proposal.changes:
            self.model.use(proposal.policy)
        self.talk.say(proposal.sentence())

    def do_save(self, name: str) -> bool:
        """Whether it was saved."""
        policy = self.model.plan.policy
        if policy is None:
            self.talk.say("no rule is on, so there is no policy to save")
            return False
        known = preset_files().get(name)
        own = known is not None and known.own
        if own and not self.talk.sure(f"Replace your preset {name}?"):
            return False
        try:
            self.talk.say(f"wrote {self.disk.save(policy, name, replace=own)}")
        except Refusal as refusal:
            self.talk.say(str(refusal))
            return False
        self.model.note_kept()
        return True
