"""One run of several: what is planned, counted and committed while only that one is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...policies.catalog.model import Catalog
from ...policies.decisions import Plan, Summary
from ...policies.one_run import OneRun, only, sums_of
from .run_directory import run_directory, run_of_file


class Scope:
    """The part of the model that knows which run a person has gone into."""

    scope: str  # the run whose checkpoints are shown; "" for all
    catalog: Catalog
    plan: Plan
    _summed: tuple[Plan, str, Summary] | None = None
    _found: tuple[Catalog, str, OneRun] | None = None

    @property
    def in_scope(self) -> Sequence[int]:
        """The places of the run that is shown, in catalog order; of all runs without a scope."""
        raise NotImplementedError

    @property
    def by_hand(self) -> frozenset[str]:
        """Everything that a person marked."""
        raise NotImplementedError

    @property
    def plan_here(self) -> Plan:
        """The plan of what is shown, but for a filter: what a commit does now."""
        return self.here(self.plan)

    def here(self, plan: Plan) -> Plan:
        """A plan on this catalog, of the run that is shown alone."""
        return only(plan, self._run) if self.scope else plan

    @property
    def sums_here(self) -> Summary:
        """The sums of the run that is shown, or of all."""
        if (
            self._summed is None
            or self._summed[0] is not self.plan
            or self._summed[1] != self.scope
        ):
            self._summed = (self.plan, self.scope, self.sums_of(self.plan))
        return self._summed[2]

    def sums_of(self, plan: Plan) -> Summary:
        """The sums of another plan on this catalog, for the run that is shown or for all."""
        return sums_of(plan, self._run) if self.scope else plan.summary

    @property
    def catalog_here(self) -> Catalog:
        """What was found in the run that is shown, or in all."""
        if not self.scope:
            return self.catalog
        catalog, run = self.catalog, self._run
        return replace(
            catalog,
            checkpoints=tuple(catalog.checkpoints[place] for place in self.in_scope),
            series=tuple(one for one in catalog.series if one.id in run.series),
            artifacts=tuple(one for one in catalog.artifacts if one.path in run.files),
            references=(),  # they name places in the whole
        )

    @property
    def marked_here(self) -> int:
        """How many marks by hand are about what is shown, but for a filter."""
        if not self.scope or not self.by_hand:
            return len(self.by_hand)
        ids = {self.catalog.checkpoints[place].id for place in self.in_scope}
        return len(self.by_hand & (ids | self._run.files))

    @property
    def _run(self) -> OneRun:
        found = self._found
        if found is None or found[0] is not self.catalog or found[1] != self.scope:
            runs = {one.id: run_directory(one.directory) for one in self.catalog.series}
            folders = frozenset(runs.values())
            files = (one.path for one in self.catalog.artifacts)
            run = OneRun(
                frozenset(id_ for id_, folder in runs.items() if folder == self.scope),
                frozenset(path for path in files if run_of_file(path, folders) == self.scope),
            )
            found = self._found = (self.catalog, self.scope, run)
        return found[2]
