"""What keys do to the policy: presets, switches, values, a budget, comparing and saving."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...policies.refusal import Refusal
from ...policies.units import parse_size
from ..output import shown
from .disk import Disk
from .stage import Stage

if TYPE_CHECKING:
    from .presets import PresetsPane

Then = Callable[[], object]


class PolicyActions(Stage):
    """Needs a model and a disk; plans nothing itself."""

    disk: Disk

    @property
    def _presets(self) -> str:
        return f"{self.keymap.said('presets')} offers presets"

    def do_value_before(self) -> None:
        self.model.choose_value(-1)

    def do_value_next(self) -> None:
        self.model.choose_value(1)

    def do_more(self) -> None:
        self.model.change_value(True)

    def do_less(self) -> None:
        self.model.change_value(False)

    def do_compare(self) -> None:
        model = self.model
        if model.base is None or model.plan.policy is None:
            self.say(f"no rule is on, so there is nothing to compare; {self._presets}")
        elif not model.changed:
            more, less = self.keymap.said("more"), self.keymap.said("less")
            name = shown(model.base.name)
            self.say(f"the rules are those of {name}; {more} {less} and digits change them")
        else:
            from .comparison import ComparePane

            self.open_pane(ComparePane(model, self.glyphs))

    def do_forecast(self) -> None:
        if self.model.scanning:
            self.say("the scan still runs; a forecast needs all sizes")
            return
        from .forecast import ForecastPane

        space = self.disk.space(self.model.root)
        self.open_pane(ForecastPane(self.model, self.glyphs, space.free if space else None))

    def do_presets(self) -> None:
        from .presets import PresetsPane

        self.open_pane(PresetsPane(self.model, self.glyphs))

    def on_presets_pane_taken(self, message: PresetsPane.Taken) -> None:
        self.model.use(message.policy)
        self.close_pane()
        self.say_what_changed()

    def do_free(self) -> None:
        if self.model.plan.policy is None:
            self.say(f"no rule is on, so there is no policy to change; {self._presets}")
        else:
            self.ask_text("free how much on disk? such as 500GB:", "", self._free)

    def _free(self, text: str) -> None:
        from ...policies.budget import propose

        try:
            proposal = propose(self.model.plan_on(self.model.catalog_here), parse_size(text))
        except (Refusal, ValueError) as error:
            self.say(str(error), urgent=True)
            return
        if proposal.changes:
            self.model.use(proposal.policy)
        self.say(proposal.sentence(), urgent=bool(proposal.short))
        self.sync()

    def do_save(self) -> None:
        self.save_then(None)

    def save_then(self, then: Then | None) -> None:
        """Ask for a name, save the policy, and go on with `then` if it was saved."""
        policy = self.model.plan.policy
        if policy is None:
            self.say("no rule is on, so there is no policy to save")
            return
        name = policy.name.removesuffix(" (changed)").replace(" ", "-")
        self.ask_text("save the policy as:", name, lambda given: self._save(given, then))

    def _save(self, name: str, then: Then | None) -> None:
        from ...policies.rules.preset_files import preset_files

        known = preset_files().get(name.strip())
        if known is not None and known.own:
            self.ask(
                f"Replace your preset {shown(name)}?", lambda: self._write(name, then, replace=True)
            )
        else:
            self._write(name, then, replace=False)

    def _write(self, name: str, then: Then | None, *, replace: bool) -> None:
        policy = self.model.plan.policy
        if policy is None:
            return
        try:
            self.say(f"wrote {self.disk.save(policy, name.strip(), replace=replace)}")
        except Refusal as refusal:
            self.say(str(refusal), urgent=True)
            return
        self.model.note_kept()
        if then is not None:
            then()
