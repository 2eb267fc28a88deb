"""The rules of a review being switched and changed; each try asks for a plan or says why not."""

from __future__ import annotations

from collections.abc import Sequence

from ...policies.catalog.model import Catalog
from ...policies.plan import refuse_unknown_metrics
from ...policies.refusal import PolicyRefusal
from ...policies.rules.policy import Policy
from .arrivals import Arrivals
from .rule_values import Value, values_of
from .slots import Slot, policy_of, toggled, with_rule


class Switching:
    """The part of the model that digits, + and - act on."""

    catalog: Catalog
    base: Policy | None
    slots: Sequence[Slot]
    chosen: tuple[int, int] | None  # slot, and value in it, that + and - change
    message: str
    arrivals: Arrivals

    def replan(self) -> None:
        """Ask for the plan of what is on now."""
        raise NotImplementedError

    @property
    def changed(self) -> bool:
        """Whether the rules are others than those of the policy on screen."""
        policy = policy_of(self.base, self.slots)
        if policy is None:
            return False
        base = self.base
        return base is None or (policy.keep, policy.slim) != (base.keep, base.slim)

    def toggle(self, position: int) -> None:
        """Switch one rule; a rule that cannot be used here stays off."""
        if position >= len(self.slots) or not self.arrivals.named:
            return
        if self._try(toggled(self.slots, position)):
            self.chosen = (position, 0) if values_of(self.slots[position].rule) else self.chosen

    def _try(self, slots: Sequence[Slot]) -> bool:
        try:
            refuse_unknown_metrics(self.catalog, policy_of(self.base, slots))
        except PolicyRefusal as refusal:
            self.message = str(refusal)
            return False
        self.slots = slots
        self.replan()
        return True

    def choose_value(self, by: int) -> None:
        """Go to the next value that can be changed, or with -1 to the one before."""
        places = [
            (i, k) for i, slot in enumerate(self.slots) for k in range(len(values_of(slot.rule)))
        ]
        if not places:
            self.message = "no rule here has a value to change"
        elif self.chosen not in places:
            self.chosen = places[0 if by > 0 else -1]
        else:
            self.chosen = places[(places.index(self.chosen) + by) % len(places)]

    def change_value(self, up: bool) -> None:
        """One step more or less of the chosen value; the first there is when none is chosen."""
        if not self.arrivals.named:
            return
        if self.chosen_value is None:
            self.choose_value(1)
        value = self.chosen_value
        if value is not None and self.chosen is not None:
            self._try(with_rule(self.slots, self.chosen[0], value.stepped(up)))

    @property
    def chosen_value(self) -> Value | None:
        """The value that + and - change."""
        if self.chosen is None or self.chosen[0] >= len(self.slots):
            return None
        values = values_of(self.slots[self.chosen[0]].rule)
        return values[self.chosen[1]] if self.chosen[1] < len(values) else None
