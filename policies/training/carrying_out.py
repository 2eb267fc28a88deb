"""Carry out a policy in a directory that a trainer is writing to, and gather what came of it.

The core's own plan and commit; but what is not settled fills no rule's slot, neither in the plan
nor in the look that a commit takes again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from ..budget import propose
from ..catalog.model import Catalog, State
from ..catalog.scan import scan
from ..catalog.unchanged import Unchanged
from ..commit.commit import commit
from ..commit.purge import purge
from ..commit.results import CommitResult
from ..decisions import Plan
from ..disk_space import disk_space
from ..plan import make_plan
from ..refusal import Refusal
from ..rules.policy import Policy
from .saves import Outcome
from .settled import Settled, held_back


class Round:
    """What one round does, and what came of it so far."""

    def __init__(self, clock: Callable[[], float], outcome: Outcome) -> None:
        self._clock = clock
        self.outcome = outcome

    def add(self, **more: object) -> None:
        """Put something beside what is there already; tuples and counts grow."""
        grown: dict[str, object] = {}
        for name, value in more.items():
            before = getattr(self.outcome, name)
            plain = isinstance(value, bool | str) or not isinstance(value, tuple | int)
            grown[name] = value if plain else before + value
        self.outcome = replace(self.outcome, **grown)  # type: ignore[arg-type]

    def see(self, catalog: Catalog, told: Iterable[str]) -> None:
        """What is there, before anything goes."""
        states = {one.id: one for one in catalog.checkpoints}
        whole = [id_ for id_ in told if states[id_].state is State.COMPLETE]
        torn = [id_ for id_ in told if states[id_].state is not State.COMPLETE]
        complete = [one for one in catalog.checkpoints if one.state is State.COMPLETE]
        newest = max(complete, key=lambda one: (one.saved_at or 0, one.number or 0), default=None)
        self.add(
            saved=tuple(dict.fromkeys(whole)),
            kept=len(complete),
            errors=tuple(
                f"{id_} was saved, but does not look complete: {states[id_].evidence}"
                for id_ in torn
            ),
            newest=newest.id if newest else "",
            catalog=catalog,
        )

    def carry_out(self, catalog: Catalog, policy: Policy, settled: Settled) -> None:
        """Commit what the policy deletes, and make room where the disk is low."""
        plan = make_plan(catalog, policy, now=self._clock())
        self._commit(plan, settled, at_once=policy.trash_seconds == 0)
        if policy.min_free is None:
            return
        space = disk_space(plan.root)
        if not space.lacks(policy.min_free):
            return
        self.add(notes=(space.sentence(policy.min_free),))
        self.purge(plan.root, below=policy.min_free)
        lacking = disk_space(plan.root).lacks(policy.min_free)
        if lacking:
            self._tighten(policy, lacking, settled)

    def _tighten(self, policy: Policy, lacking: int, settled: Settled) -> None:
        """The gentlest change of the policy that makes enough room, for this once."""
        catalog = held_back(scan(self._root), settled)
        plan = make_plan(catalog, policy, now=self._clock())
        proposal = propose(plan, lacking)
        self.add(tightened=(f"the policy is tightened for now: {proposal.sentence()}",))
        self._commit(proposal.plan, settled, at_once=True)

    @property
    def _root(self) -> str:
        catalog = self.outcome.catalog
        if catalog is None:
            raise Refusal("nothing has been scanned yet")
        return catalog.root

    def _commit(self, plan: Plan, settled: Settled, *, at_once: bool) -> None:
        if not plan.summary.going:
            return

        def again(plan: Plan, unchanged: Unchanged, now: float) -> Plan:
            fresh = held_back(scan(plan.root, unchanged=unchanged), settled)
            return make_plan(fresh, plan.policy, now=now, local_time=plan.local_time)

        result = commit(plan, purge=at_once, clock=self._clock, rescan=again)
        self._told_of(result)

    def _told_of(self, result: CommitResult) -> None:
        self.add(
            trashed=result.trashed,
            trashed_bytes=result.promised.certain,
            kept=-(len(result.trashed) - result.files),
            skipped=result.skipped,
            notes=result.notes,
        )
        if result.purged:
            self.add(purged=(result.id,), purged_bytes=result.promised.certain)

    def purge(self, root: str, **limits: object) -> None:
        """Empty the trash of what is older than some seconds, or in the way."""
        result = purge(root, clock=self._clock, **limits)  # type: ignore[arg-type]
        self.add(purged=result.commits, purged_bytes=result.bytes_promised, notes=result.notes)
