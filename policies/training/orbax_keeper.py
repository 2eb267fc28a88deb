"""For Orbax: a preservation policy. Orbax asks it which steps stay, and deletes the others itself.

    options = CheckpointManagerOptions(
        preservation_policy=OrbaxKeeper("runs/exp1", policy="balanced"), best_fn=…)

Orbax counts its steps in memory, so nothing of ours moves one behind its back: there is no trash
here and no undo, other than Orbax's `todelete_subdir`. Pins bind as everywhere. Nothing of Orbax
is imported: it asks by the name of a method.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from ..catalog.model import Catalog, Checkpoint, Kind, Measure, Member, Pin, Standing, State
from ..catalog.scan import scan
from ..decisions import Action
from ..plan import make_plan
from ..rules.policy import Policy
from .callback import plain_numbers
from .keeper import Path, named_policy, refuse_unsaved
from .upkeep import saved_policy

_LOG = logging.getLogger("keepstep")


class OrbaxStep(Protocol):
    """What Orbax tells of a step (its `PolicyCheckpointInfo`)."""

    @property
    def step(self) -> int: ...
    @property
    def metrics(self) -> Mapping[str, object] | None: ...
    @property
    def time(self) -> datetime: ...


class OrbaxKeeper:
    """Decides which steps of a CheckpointManager are preserved; arguments as of `Keeper`.

    What a policy says of the trash and of free space means nothing here. A step that says nothing
    of a metric that the policy asks for stays, as Orbax's own `BestN` has it: without `best_fn`
    Orbax does not write metrics down, and a restart forgets them.
    """

    def __init__(self, directory: Path, policy: Path | Policy | None = None) -> None:
        self._directory = os.path.abspath(os.fspath(directory))
        self._policy = named_policy(policy)
        self._said: set[str] = set()
        if self._policy is None:
            refuse_unsaved(self._directory)

    def should_preserve(
        self, checkpoints: Sequence[OrbaxStep], *, context: object = None
    ) -> Sequence[bool]:
        """Which of the steps stay, the one being saved among them; all when anything is wrong."""
        try:
            return self._preserved(checkpoints)
        except Exception as error:
            self._warn(f"all steps stay: {type(error).__name__}: {error}")
            _LOG.debug("asking the policy failed", exc_info=True)
            return [True] * len(checkpoints)

    def _preserved(self, checkpoints: Sequence[OrbaxStep]) -> list[bool]:
        # Names and metrics only: no file of a step is looked at, however many it has.
        on_disk = scan(self._directory, measure=()) if os.path.isdir(self._directory) else None
        policy = self._policy or saved_policy(on_disk or Catalog(self._directory))
        catalog = told_by_orbax(checkpoints, on_disk or Catalog(self._directory))
        asked = {metric for metric, _ in policy.metrics()}
        silent = [one.step for one in catalog.checkpoints if not asked <= one.metrics.keys()]
        if silent:
            self._warn(
                f"steps without {', '.join(sorted(asked))} stay; "
                "give best_fn, so that Orbax writes metrics down"
            )
        plan = make_plan(catalog, policy, now=time.time())
        gone = {d.checkpoint.step for d in plan.decisions if d.action is Action.DELETE}
        return [one.step not in gone or one.step in silent for one in checkpoints]

    def _warn(self, sentence: str) -> None:
        if sentence not in self._said:
            self._said.add(sentence)
            _LOG.warning("%s: %s", self._directory, sentence)


def told_by_orbax(checkpoints: Sequence[OrbaxStep], on_disk: Catalog) -> Catalog:
    """A catalog of exactly the steps that Orbax counts, with the pins and metrics on disk. Pure.

    The step that is being saved is not on disk yet. Orbax deletes only once it is.
    """
    found = {
        one.step: one
        for one in on_disk.checkpoints
        if one.standing is Standing.NUMBERED and one.step is not None
    }
    ones: list[Checkpoint] = []
    pins: dict[str, Pin] = {}
    for info in checkpoints:
        one = found.get(info.step) or _unseen(info.step)
        if one.id in on_disk.pins:
            pins[one.id] = on_disk.pins[one.id]
        told = plain_numbers(info.metrics)
        ones.append(
            replace(
                one,
                series="",
                state=State.COMPLETE,
                metrics={**one.metrics, **told},
                measure=Measure(0, 0, 0, int(info.time.timestamp() * 1e9), ""),
            )
        )
    ones.sort(key=lambda one: one.step or 0)
    return Catalog(on_disk.root, checkpoints=tuple(ones), pins=pins)


def _unseen(step: int) -> Checkpoint:
    return Checkpoint(str(step), "", "orbax", (Member(str(step), Kind.DIRECTORY),), step)
