"""What a person marks by hand, for deletion or for slimming, and why some of it cannot be."""

from __future__ import annotations

from collections.abc import Sequence

from ...policies.decisions import Action, Decision, Plan
from ...policies.explain import Explainer
from ...policies.slimming import why_whole


class Marking:
    """The part of the model that d, l and the artifacts pane act on."""

    marks: frozenset[str]  # for deletion: ids, and paths of artifacts
    slim_marks: frozenset[str]
    message: str
    plan: Plan
    explainer: Explainer

    def replan(self) -> None:
        """Ask for the plan of what is marked now."""
        raise NotImplementedError

    def replan_at_once(self) -> None:
        """Have that plan now, to build upon it."""
        raise NotImplementedError

    def place_of(self, id_: str | None) -> int | None:
        """Where a checkpoint stands in the catalog, when it is there."""
        raise NotImplementedError

    @property
    def by_hand(self) -> frozenset[str]:
        """Everything that a person marked."""
        return self.marks | self.slim_marks

    def toggle_marks(self, ids: Sequence[str]) -> None:
        """Mark for deletion by hand what can be, or unmark when all that can be is marked."""
        free, guarded = self._sorted_out(ids)
        self.marks = self.marks - free if free <= self.marks else self.marks | free
        self.slim_marks -= self.marks
        self.replan()
        self.message = self._why_not(guarded, len(free))

    def toggle_slims(self, ids: Sequence[str]) -> None:
        """Mark by hand to keep only the weights of what can be, or unmark likewise."""
        decisions = self.plan.decisions
        places = [(id_, self.place_of(id_)) for id_ in ids]
        why = {id_: self._why_whole(decisions[at]) for id_, at in places if at is not None}
        free = frozenset(id_ for id_ in why if not why[id_])
        stay = [id_ for id_ in why if why[id_]]
        slim = self.slim_marks - free if free <= self.slim_marks else self.slim_marks | free
        self.slim_marks, self.marks = slim, self.marks - slim
        self.replan()
        if stay:
            others = f" and {len(stay) - 1} more" if len(stay) > 1 else ""
            self.message = f"{stay[0]}{others} cannot be slimmed: {why[stay[0]]}"

    def toggle_file_mark(self, path: str) -> None:
        """The same for an artifact; what the plan keeps all the same is not marked."""
        before = self.marks
        self.marks = before ^ {path}
        self.replan_at_once()
        found = {one.artifact.path: one for one in self.plan.artifacts}.get(path)
        if path not in before and found is not None and found.action is not Action.DELETE:
            self.message = f"not marked: {self.explainer.short_artifact(found)}"
            self.marks = before
            self.replan_at_once()

    def _sorted_out(self, ids: Sequence[str]) -> tuple[set[str], list[Decision]]:
        """What may be marked for deletion, and the decisions on what may not."""
        actions, decisions = self.plan.actions, self.plan.decisions
        free: set[str] = set()
        guarded: list[Decision] = []
        for id_ in ids:
            place = self.place_of(id_)
            if place is None:
                continue
            if actions[place] is Action.DELETE or not (decision := decisions[place]).protected:
                free.add(id_)
            else:
                guarded.append(decision)
        return free, guarded

    def _why_whole(self, decision: Decision) -> str:
        return self.explainer.why_protected(decision) or why_whole(decision.checkpoint)

    def _why_not(self, guarded: Sequence[Decision], marked: int) -> str:
        if not guarded:
            return ""
        why = self.explainer.why_protected(guarded[0])
        if len(guarded) == 1 and not marked:
            return f"not marked: {why}"
        others = f" and {len(guarded) - 1} more" if len(guarded) > 1 else ""
        return f"{marked} marked; {guarded[0].checkpoint.id}{others} not: {why}"
