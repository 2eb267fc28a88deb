"""The last look before anything moves: is each item still what the plan was about?

Every entry of every checkpoint is looked at again, of those that go and of those that stay. Then
all names, links, pointer files, pins and layouts are read anew and the plan is made anew, so that
each of these speaks up as if it had been there from the start:

* a pin, a link or a tag that is new, or leads somewhere else;
* a checkpoint that is new, that vanished, changed or became incomplete: newest, best, the windows
  of rules and the evidence of siblings are judged with it, and none counts unless it is whole;
* a run that was started again, a name or a set that is recognised as something else.

Only what is inside unchanged checkpoints is not read twice (see `catalog/unchanged.py`). Since the
top-level entries are compared once more at the move itself, nothing can change unseen in between.
Reads only. In doubt an item is skipped.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..catalog.listing import Names
from ..catalog.lookout import Lookout
from ..catalog.model import Checkpoint
from ..catalog.unchanged import Unchanged
from ..decisions import Action, ArtifactDecision, Decision, Plan, Source, Unit
from .at_once import MANY, each, is_slow
from .outcome import CHANGED, Unmoved, why
from .results import Skipped
from .second_look import Look, look_again
from .slimming import TAKEN_NAME, aside, pieces
from .state import StateDirectory

# The plan as it would be made now, of which these checkpoints are known already.
Rescan = Callable[[Plan, Unchanged, float], Plan]

PINNED = "pinned since the plan"
_NOT_SIZED = "its size is not known"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item that may go, and its top-level entries as seen before the fresh scan."""

    unit: Unit
    seen: tuple[os.stat_result, ...]


def rescan_now(plan: Plan, unchanged: Unchanged, now: float) -> Plan:
    """Scan the root again and make the plan again, with the pins that are on disk now."""
    from ..catalog.scan import scan
    from ..plan import make_plan

    catalog = scan(plan.root, unchanged=unchanged)  # all of it sized, links inside are looked at
    return make_plan(
        catalog,
        plan.policy,
        pins=catalog.pins,
        marks=plan.marks,
        slim_marks=plan.slim_marks,
        now=now,
        local_time=plan.local_time,
    )


def revalidate(
    state: StateDirectory, plan: Plan, now: float, rescan: Rescan
) -> tuple[list[Candidate], list[Skipped]]:
    """Split what the plan deletes into what may really go, and what must stay and why."""
    candidates: list[Candidate] = []
    skipped: list[Skipped] = []
    doomed = plan.doomed
    staying = _staying(plan, doomed)
    checkpoints = {one.id: one for one in plan.catalog.checkpoints}
    known: dict[str, Checkpoint] = {}
    listings: dict[str, Names] = {}
    for unit, look in _looks(state, [*doomed, *staying]):
        objection = _objection(unit, look)
        if not objection and not isinstance(look, OSError) and not unit.artifact:
            known[unit.id] = checkpoints[unit.id]
            listings.update(look.listings)
        if len(candidates) + len(skipped) == len(doomed):
            continue  # one that stays
        if objection or isinstance(look, OSError):
            skipped.append(Skipped(unit.id, objection))
        else:
            candidates.append(Candidate(unit, look.top))
    if not candidates:
        return [], skipped
    ids = frozenset(candidate.unit.id for candidate in candidates)
    unchanged = Unchanged(known, listings, plan.catalog.recalled)
    judge = _Judge(state, rescan(plan, unchanged, now), ids)
    going = []
    for candidate in candidates:
        objection = judge.objection(candidate)
        if objection:
            skipped.append(Skipped(candidate.unit.id, objection))
        else:
            going.append(candidate)
    return going, skipped


def _staying(plan: Plan, doomed: Sequence[Unit]) -> list[Unit]:
    going = {unit.id for unit in doomed if not unit.artifact}
    return [
        Unit(one.id, one.members, one.measure)
        for one in plan.catalog.checkpoints
        if one.id not in going and one.measure is not None
    ]


def _looks(state: StateDirectory, units: Sequence[Unit]) -> Iterable[tuple[Unit, Look | OSError]]:
    """Each unit with what is seen of it now, or why nothing is."""

    lookout = Lookout()

    def look(unit: Unit) -> Look | OSError:
        try:
            return _look(state, unit, lookout)
        except OSError as error:
            return error

    first = [state.place(member.path) for unit in units[:3] for member in unit.members]
    return each(look, units, MANY if is_slow(state.tree, first) else 1)


def _objection(unit: Unit, look: Look | OSError) -> str:
    """Why it is not what the plan was about, or ""."""
    if isinstance(look, OSError):
        return why(look)
    if unit.measure is None:
        return _NOT_SIZED
    return "" if look.identity == unit.measure.identity else CHANGED


def _look(state: StateDirectory, unit: Unit, lookout: Lookout) -> Look:
    """The whole checkpoint; of one that is slimmed, `top` are the pieces that move."""
    look = look_again(state, unit.stays or unit.members, lookout)
    if not unit.stays:
        return look
    for path in unit.aside:
        if state.tree.exists(state.place(aside(path))):
            raise Unmoved(TAKEN_NAME)
    moving = (state.tree.lstat(state.place(piece.path)) for piece in pieces(unit))
    return replace(look, top=tuple(moving))


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
            self._of_the_plan(planned, decision)
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

    def _of_the_plan(self, planned: Unit, decision: Decision | ArtifactDecision) -> str:
        if decision.unit.id in self._fresh.pins:
            return PINNED
        if decision.action is (Action.SLIM if planned.stays else Action.DELETE):
            return ""
        if decision.action is not Action.KEEP:
            return f"the policy would {decision.action.value} it now"
        from ..explain import Explainer

        for reason in decision.reasons:
            if reason.source is Source.PROTECTION:
                return f"now protected: {Explainer(self._fresh).words(reason)}"
        return "the policy would keep it now"

    def _of_the_place(self, candidate: Candidate) -> str:
        unit = candidate.unit
        for member, seen in zip(pieces(unit), candidate.seen, strict=True):
            if seen.st_dev != self._state.device:
                return "on another filesystem"
            inside = self._holding_them.get(member.path) or self._staying.get(member.path)
            if inside and not (unit.stays and inside == unit.id):
                return f"{inside}, which stays, is inside it"
            for above in _above(member.path):
                if self._staying.get(above, unit.id) != unit.id:
                    return f"it is a part of {self._staying[above]}, which stays"
            path = os.path.join(self._state.tree.path, self._state.place(member.path))
            if any(mount == path or mount.startswith(path + "/") for mount in self._mounts):
                return "something is mounted inside it"
        return ""


def _of_the_content(planned: Unit, found: Unit) -> str:
    if (planned.members, planned.artifact) != (found.members, found.artifact):
        return CHANGED
    before, now = planned.measure, found.measure
    if before is None or now is None:
        return _NOT_SIZED
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
