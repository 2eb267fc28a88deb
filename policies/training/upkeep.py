"""One round of upkeep after a save: note metrics, scan, pin, plan, commit, purge what is old.

The same core as every command, for a directory that somebody else is writing to. A round answers
with an `Outcome` and raises nothing that concerns the disk, the policy or another committer.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from ..catalog.given_metrics import GivenRow
from ..catalog.model import Catalog, Checkpoint, Pin
from ..catalog.scan import scan
from ..commit.lock import user_name
from ..json_text import instant
from ..pins import pin
from ..places import state_directory
from ..processes.activity import IDLE
from ..refusal import BusyRefusal, PolicyRefusal, Refusal
from ..rules.policy import Policy
from ..rules.schema import load_policy_file
from .carrying_out import Round
from .save_log import append_rows
from .saves import Outcome, Save
from .settled import Settled, at_number, at_path, held_back, newest_write

# Without a word about which checkpoint was saved, what is younger than this may still grow.
_UNNAMED_SETTLES = 2_000_000_000  # nanoseconds
_BETWEEN_PURGES = 60.0  # seconds


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
        work = Round(self._clock, Outcome())
        try:
            self._log(saves, work)
            # Who has what open is asked before anything moves, not after every save.
            catalog = scan(self.root, processes=lambda _: IDLE)
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

    def _purge_old(self, policy: Policy, work: Round) -> None:
        """Now and then: to look through the whole trash after every save would be a waste."""
        now = self._clock()
        if not now < self._purge_due <= now + _BETWEEN_PURGES:  # also when the clock was set back
            self._purge_due = now + _BETWEEN_PURGES
            work.purge(self.root, older_than=policy.trash_seconds)

    def _log(self, saves: Iterable[Save], work: Round) -> None:
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
        work: Round,
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
