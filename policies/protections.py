"""What no policy may delete, whatever its rules say.

Protections are not rules: no policy can switch one off, and they never shift a rule's window.
Pure functions of the catalog, the policy's metrics, the pins and the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from .catalog.model import Catalog, Checkpoint, Pin, Standing, State
from .decisions import Reason, Source
from .rules.best import BestRule
from .rules.policy import Policy

BEING_WRITTEN = 15 * 60  # seconds since the last write of an incomplete checkpoint
RESTART_MARGIN = 60  # seconds; copies without times stay well below
PLAUSIBLE_SINCE = 946_684_800.0  # 2000-01-01: file systems that know no times say 1970


class _Add(Protocol):
    def __call__(
        self, one: Checkpoint, name: str, *, by_hand: bool = False, **facts: object
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Protection:
    """A reason to stay; a person may override some, by name, and no policy any."""

    reason: Reason
    by_hand: bool = False  # a hand mark may override it


def protect(
    catalog: Catalog,
    policy: Policy | None,
    pins: Mapping[str, Pin],
    now: float,
) -> dict[str, list[Protection]]:
    """Protections by checkpoint id."""
    found: dict[str, list[Protection]] = {}

    def add(one: Checkpoint, name: str, *, by_hand: bool = False, **facts: object) -> None:
        reason = Reason(Source.PROTECTION, name, facts=facts)
        found.setdefault(one.id, []).append(Protection(reason, by_hand))

    for one in catalog.checkpoints:
        if one.id in pins:
            add(one, "pinned", note=pins[one.id].note)
        if one.pointed_to_by:
            add(one, "pointer", by=one.pointed_to_by)
        if one.standing is not Standing.NUMBERED:
            add(one, one.standing.value)
        elif one.number is None:
            add(one, "no number")
        _protect_state(one, now, add)
    for items in complete_by_series(catalog).values():
        add(items[-1], "newest")
        for later in _saved_after_newest(items):
            add(later, "restarted", newest=items[-1].id)
        for metric, mode in () if policy is None else policy.metrics():
            best = BestRule(metric, mode).ranking(items)[:1]
            for i in best:
                add(items[i], "best metric", metric=metric, mode=mode)
    return found


def _protect_state(one: Checkpoint, now: float, add: _Add) -> None:
    if one.state is State.UNREADABLE:
        add(one, "unreadable", evidence=one.evidence)
    elif one.state is State.INCOMPLETE:
        writing = one.saved_at is None or now - one.saved_at < BEING_WRITTEN
        if writing:
            add(one, "being written", evidence=one.evidence)
        else:
            add(one, "incomplete", by_hand=True, evidence=one.evidence)
    if one.measure is None:
        add(one, "not sized")


def complete_by_series(catalog: Catalog) -> dict[str, list[Checkpoint]]:
    """What rules see: complete, numbered checkpoints of each series, oldest first."""
    series: dict[str, list[Checkpoint]] = {}
    for one in catalog.checkpoints:
        if (
            one.state is State.COMPLETE
            and one.standing is Standing.NUMBERED
            and one.number is not None
        ):
            series.setdefault(one.series, []).append(one)
    return series


def _saved_after_newest(items: Sequence[Checkpoint]) -> Iterable[Checkpoint]:
    """Lower steps saved clearly later than the greatest: perhaps a restarted run."""
    newest = items[-1].saved_at
    if newest is None or newest < PLAUSIBLE_SINCE:
        return ()
    return [
        one
        for one in items[:-1]
        if one.saved_at is not None and one.saved_at > newest + RESTART_MARGIN
    ]
