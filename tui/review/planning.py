"""What a plan of the review depends on, and plans that are made beside the screen.

From so many checkpoints on a plan takes longer than a frame. The screen then goes on with the plan
before, and another thread makes the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...policies.catalog.model import Catalog, Pin
from ...policies.decisions import Plan
from ...policies.late_dataclass import dataclass
from ...policies.plan import make_plan
from ...policies.refusal import PolicyRefusal
from ...policies.rules.policy import Policy

MANY = 20_000  # checkpoints, whose plan takes a frame of 16 ms


@dataclass(frozen=True, slots=True)
class Asked:
    """Everything that a plan is of."""

    catalog: Catalog
    policy: Policy | None
    pins: Mapping[str, Pin]
    marks: frozenset[str]
    slim_marks: frozenset[str]
    now: float

    def plan(self) -> Plan:
        """The plan; PolicyRefusal where the policy cannot be used on this catalog."""
        return make_plan(
            self.catalog,
            self.policy,
            pins=self.pins,
            marks=self.marks,
            slim_marks=self.slim_marks,
            now=self.now,
        )

    def like(self, other: Asked) -> bool:
        """Whether the other asks for the same plan, at whatever time."""
        if self.catalog is not other.catalog:
            return False
        mine = (self.policy, self.pins, self.marks, self.slim_marks)
        return mine == (other.policy, other.pins, other.marks, other.slim_marks)


class Planning:
    """The part of the model that makes plans: at once, or later where a screen sees to that."""

    catalog: Catalog
    plan: Plan
    defers: Callable[[], object] | None = None  # told that the plan is stale, to make it aside
    stale: bool = False  # the plan is not yet of what is chosen now

    def asked(self) -> Asked:
        """What the plan should be of now."""
        raise NotImplementedError

    def replan_at_once(self) -> None:
        """Make the plan of what is asked, here and now."""
        raise NotImplementedError

    def install(self, plan: Plan) -> None:
        """Show this plan."""
        raise NotImplementedError

    def replan(self) -> None:
        """Ask for the plan of what is on, pinned and marked now."""
        if self.defers is not None and len(self.catalog.checkpoints) >= MANY:
            self.stale = True
            self.defers()
        else:
            self.replan_at_once()

    def settle(self) -> None:
        """Have the plan of what is chosen now before anything is built upon it."""
        if self.stale:
            self.replan_at_once()

    def answer(self, asked: Asked, plan: Plan | None) -> None:
        """Take a plan that was made aside; None was refused. It stays stale if more was asked."""
        if not self.stale or asked.catalog is not self.catalog:
            return
        if plan is None:
            self.replan_at_once()
            return
        self.stale = not asked.like(self.asked())
        self.install(plan)


def planned(asked: Asked) -> Plan | None:
    """The plan of what is asked, in any thread; None where it is refused."""
    try:
        return asked.plan()
    except PolicyRefusal:
        return None
