"""The last look before anything moves: is each item still what the plan was about?

Top-level entries are looked at first, then everything is scanned and planned anew; since the
same entries are compared once more at the move itself, nothing can change unseen in between.
Reads only. In doubt an item is skipped.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ..decisions import Action, ArtifactDecision, Decision, Plan, Source, Unit
from .outcome import CHANGED, why
from .results import Skipped
from .state import StateDirectory

# The plan as it would be made now, with the checkpoints of these ids sized.
Rescan = Callable[[Plan, frozenset[str], float], Plan]

PINNED = "pinned since the plan"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item that may go, and its top-level entries as seen before the fresh scan."""

    unit: Unit
    seen: tuple[os.stat_result, ...]


def rescan_now(plan: Plan, ids: frozenset[str], now: float) -> Plan:
    """Scan the root again and make the plan again, with the pins that are on disk now."""
    from ..catalog.scan import scan
    from ..plan import make_plan

    # What the plan has not looked into yet may lead into one that goes.
    unsized = {one.id for one in plan.catalog.checkpoints if one.measure is None}
    catalog = scan(plan.root, measure=ids | unsized)
    return make_plan(
        catalog,
        plan.policy,
        pins=catalog.pins,
        marks=plan.marks,
        now=now,
        local_time=plan.local_time,
    )


def revalidate(
    state: StateDirectory, plan: Plan, now: float, rescan: Rescan
) -> tuple[list[Candidate], list[Skipped]]:
    """Split what the plan deletes into what may really go, and what must stay and why."""
    candidates: list[Candidate] = []
    skipped: list[Skipped] = []
    for unit in plan.doomed:
        try:
            candidates.append(_look(state, unit))
        except OSError as error:
            skipped.append(Skipped(unit.id, why(error)))
    if not candidates:
        return [], skipped
    ids = frozenset(candidate.unit.id for candidate in candidates)
    judge = _Judge(state, rescan(plan, ids, now), ids)
    going = []
    for candidate in candidates:
        objection = judge.objection(candidate)
        if objection:
            skipped.append(Skipped(candidate.unit.id, objection))
        else:
            going.append(candidate)
    return going, skipped


def _look(state: StateDirectory, unit: Unit) -> Candidate:
    members = unit.members
    return Candidate(unit, tuple(state.tree.lstat(state.place(m.path)) for m in members))


class _Judge:
    """What speaks against moving an item, by a fresh plan."""

    def __init__(self, state: StateDirectory, fresh: Plan, going: frozenset[str]) -> None:
        self._state = state
        self._fresh = fresh
        self._decisions: Mapping[str, Decision] = {d.checkpoint.id: d for d in fresh.decisions}
        self._artifacts: Mapping[str, ArtifactDecision] = {
            d.artifact.path: d for d in fresh.artifacts
        }
        staying = [
            d.checkpoint
            for d in fresh.decisions
            if d.action is not Action.DELETE or d.checkpoint.id not in going
        ]
        self._staying = {m.path: c.id for c in staying for m in c.members}
        self._holding_them = {
            above: id_ for path, id_ in self._staying.items() for above in _above(path)
        }
        self._mounts = _mount_points()

    def objection(self, candidate: Candidate) -> str:
        """Why the item stays, or "" when it may go."""
        planned = candidate.unit
        decisions: Mapping[str, Decision | ArtifactDecision]
        decisions = self._artifacts if planned.artifact else self._decisions
        decision = decisions.get(planned.id)
        if decision is None:
            return self._absence(planned)
        return (
            self._of_the_plan(decision)
            or _of_the_content(planned, decision.unit)
            or self._of_the_place(candidate)
        )

    def _absence(self, planned: Unit) -> str:
        try:
            for member in planned.members:
                self._state.tree.lstat(self._state.place(member.path))
        except OSError as error:
            return why(error)
        what = f"a file of class {planned.artifact}" if planned.artifact else "a checkpoint"
        return f"no longer recognised as {what}"

    def _of_the_plan(self, decision: Decision | ArtifactDecision) -> str:
        if decision.unit.id in self._fresh.pins:
            return PINNED
        if decision.action is Action.DELETE:
            return ""
        from ..explain import Explainer

        for reason in decision.reasons:
            if reason.source is Source.PROTECTION:
                return f"now protected: {Explainer(self._fresh).words(reason)}"
        return "the policy would keep it now"

    def _of_the_place(self, candidate: Candidate) -> str:
        for member, seen in zip(candidate.unit.members, candidate.seen, strict=True):
            if seen.st_dev != self._state.device:
                return "on another filesystem"
            inside = self._holding_them.get(member.path) or self._staying.get(member.path)
            if inside:
                return f"{inside}, which stays, is inside it"
            for above in _above(member.path):
                if above in self._staying:
                    return f"it is a part of {self._staying[above]}, which stays"
            path = os.path.join(self._state.tree.path, self._state.place(member.path))
            if any(mount == path or mount.startswith(path + "/") for mount in self._mounts):
                return "something is mounted inside it"
        return ""


def _of_the_content(planned: Unit, found: Unit) -> str:
    before, now = planned.measure, found.measure
    if before is None or now is None:
        return "its size is not known"
    if now.errors:
        return f"cannot be read: {now.errors[0]}"
    if (planned.members, planned.artifact) != (found.members, found.artifact):
        return CHANGED
    return "" if before.identity == now.identity else CHANGED


def _above(path: str) -> Iterable[str]:
    """The directories above a relative path, nearest first."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _mount_points() -> tuple[str, ...]:
    """Where filesystems are mounted; a bind mount of the same one shows nowhere else."""
    try:
        with open("/proc/self/mountinfo", "rb") as file:
            lines = file.read().splitlines()
    except OSError:
        return ()
    points = (line.split(b" ")[4] for line in lines if line.count(b" ") > 4)
    return tuple(os.fsdecode(_unescape(point)) for point in points)


def _unescape(field: bytes) -> bytes:
    """Blank, tab, newline and backslash stand as octal numbers in mountinfo."""
    for code in (b"040", b"011", b"012", b"134"):
        field = field.replace(b"\\" + code, bytes([int(code, 8)]))
    return field
