"""One round of upkeep after a save: note metrics, scan, pin, plan, commit, purge what is old.

The same core as every command, for a directory that somebody else is writing to. A round answers
with an `Outcome` and raises nothing that concerns the disk, the policy or another committer.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from ..budget import propose
from ..catalog.given_metrics import GivenRow
from ..catalog.model import Catalog, Checkpoint, Pin, State
from ..catalog.scan import scan
from ..commit.commit import commit
from ..commit.lock import user_name
from ..commit.purge import purge
from ..commit.results import CommitResult, Skipped
from ..decisions import Plan
from ..disk_space import disk_space
from ..json_text import instant
from ..pins import pin
from ..places import state_directory
from ..plan import make_plan
from ..refusal import BusyRefusal, PolicyRefusal, Refusal
from ..rules.policy import Policy
from ..rules.schema import load_policy_file
from .save_log import append_rows
from .settled import Settled, at_number, at_path, held_back, newest_write

# Without a word about which checkpoint was saved, what is younger than this may still grow.
_UNNAMED_SETTLES = 2_000_000_000  # nanoseconds
_BETWEEN_PURGES = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Save:
    """What a trainer says about a save that is finished; `at_ns` is when it said so."""

    path: str | None = None
    step: int | None = None
    epoch: float | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    pin_note: str | None = None  # pinned with this note, if not None
    pin_only: bool = False  # no new save: an older one is to be pinned
    recent: dict[str, tuple[float, ...]] = field(default_factory=dict)
    at_ns: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a round of upkeep found and did; all names are ids of checkpoints."""

    saved: tuple[str, ...] = ()  # that were told in this round, and are complete
    kept: int = 0  # complete checkpoints that stay
    trashed: tuple[str, ...] = ()
    trashed_bytes: int = 0
    pinned: tuple[str, ...] = ()
    purged: tuple[str, ...] = ()  # commits that left the trash for good
    purged_bytes: int = 0
    skipped: tuple[Skipped, ...] = ()
    tightened: tuple[str, ...] = ()  # how the policy was changed for once, to make room
    notes: tuple[str, ...] = ()  # what else is worth knowing, one sentence each
    errors: tuple[str, ...] = ()  # what could not be done
    busy: bool = False  # somebody else was committing; the next round does it
    newest: str = ""  # the newest complete checkpoint, "" without one
    catalog: Catalog | None = field(default=None, repr=False, compare=False)


class Upkeep:
    """A training directory under a policy; remembers which saves were told.

    `policy` None is the run's own saved one, read anew each time; with none saved nothing is
    ever deleted. Not for several threads at once.
    """

    def __init__(
        self, root: str, policy: Policy | None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.root = os.path.abspath(root)
        self.policy = policy
        self._clock = clock
        self._told: set[str] = set()
        self._purge_due = 0.0
        self._unlogged: list[GivenRow] = []

    def round(self, saves: Sequence[Save] = (), *, settled: Settled | None = None) -> Outcome:
        """Do everything that is to be done after these saves; never raises for the disk.

        `settled` says in place of the saves which checkpoints are whole.
        """
        work = _Round(self._clock, Outcome())
        try:
            self._log(saves, work)
            catalog = scan(self.root)
            told = self._resolve(catalog, saves)
            catalog = self._pinned(catalog, told, work)
            catalog = held_back(catalog, settled or self._settled(told))
            work.see(
                catalog, [one.id for save, found in told if not save.pin_only for one in found]
            )
            policy = self.policy or saved_policy(catalog)
            work.carry_out(catalog, policy, settled or self._settled(told))
            self._purge_old(policy, work)
        except BusyRefusal as refusal:
            work.add(busy=True, notes=(str(refusal),))
        except Refusal as refusal:
            work.add(errors=(str(refusal),))
        except OSError as error:
            what = f"{error.filename}: " if error.filename else ""
            work.add(errors=(f"{what}{error.strerror or error}",))
        return work.outcome

    def _purge_old(self, policy: Policy, work: _Round) -> None:
        """Now and then: to look through the whole trash after every save would be a waste."""
        now = self._clock()
        if not now < self._purge_due <= now + _BETWEEN_PURGES:  # also when the clock was set back
            self._purge_due = now + _BETWEEN_PURGES
            work.purge(self.root, older_than=policy.trash_seconds)

    def _log(self, saves: Iterable[Save], work: _Round) -> None:
        """Note the saves; what a full disk refuses now is noted with the next ones."""
        state = state_directory(os.path.realpath(self.root))
        holder = os.path.dirname(state)
        self._unlogged += [_row(save, holder) for save in saves if not save.pin_only]
        if not any(row.metrics or row.recent for row in self._unlogged):
            self._unlogged.clear()
            return
        try:
            append_rows(state, self._unlogged)
        except OSError as error:
            why = error.strerror or str(error)
            work.add(errors=(f"the metrics of a save could not be noted: {why}",))
        else:
            self._unlogged.clear()

    def _resolve(
        self, catalog: Catalog, saves: Sequence[Save]
    ) -> list[tuple[Save, Sequence[Checkpoint]]]:
        found: list[tuple[Save, Sequence[Checkpoint]]] = []
        for save in saves:
            if save.path is None:
                found.append((save, at_number(catalog, save.step, save.epoch)))
            else:
                one = at_path(catalog, save.path)
                found.append((save, () if one is None else (one,)))
        here = {one.id for one in catalog.checkpoints}
        self._told &= here
        self._told |= {one.id for save, those in found if not save.pin_only for one in those}
        return found

    def _settled(self, told: Sequence[tuple[Save, Sequence[Checkpoint]]]) -> Settled:
        saves = [(save, found) for save, found in told if not save.pin_only]
        if not saves:
            return Settled(self._told, 0)
        last = max(save.at_ns for save, _ in saves)
        these = [one for _, found in saves for one in found]
        return Settled(self._told, newest_write(these, last if these else last - _UNNAMED_SETTLES))

    def _pinned(
        self,
        catalog: Catalog,
        told: Sequence[tuple[Save, Sequence[Checkpoint]]],
        work: _Round,
    ) -> Catalog:
        pins: dict[str, Pin] = dict(catalog.pins)
        now = instant(self._clock()) or ""
        for save, found in told:
            if save.pin_note is None:
                continue
            ids = [one.id for one in found if one.id not in pins]
            if not found:
                what = save.path or f"step {save.step}"
                work.add(errors=(f"{what} was not pinned: no such checkpoint in {self.root}",))
            elif ids:
                made = pin(catalog, ids, note=save.pin_note, by=user_name(), at=now)
                pins.update((one.id, one) for one in made)
                work.add(pinned=tuple(ids))
        return replace(catalog, pins=pins)


class _Round:
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

        def again(plan: Plan, ids: frozenset[str], now: float) -> Plan:
            # All are sized, not only those that go: what is being written shows by its time.
            fresh = held_back(scan(plan.root), settled)
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


def saved_policy(catalog: Catalog) -> Policy:
    if catalog.policy_file is None:
        raise PolicyRefusal(
            f"{catalog.root} has no saved policy and none was named, so nothing is deleted"
        )
    return load_policy_file(catalog.policy_file)


def _row(save: Save, holder: str) -> GivenRow:
    name = ""
    if save.path is not None:
        relative = os.path.relpath(os.path.realpath(save.path), holder)
        name = "" if relative.startswith("..") else relative
    return GivenRow(
        name, save.step, save.epoch, save.metrics, round(save.at_ns / 1e9, 3), save.recent
    )
