"""Clear the place for a snapshot that comes back: what stands there goes to the trash, by a commit.

A person asked for it by name, and something else takes the place: so it may be the newest, the
best or what a pointer leads to. Whatever is pinned, in use, needed by another or unfinished stays,
and then nothing is restored.
"""

from __future__ import annotations

from dataclasses import replace

from ..catalog.model import Catalog
from ..catalog.unchanged import Unchanged
from ..commit.commit import commit
from ..commit.results import CommitResult
from ..commit.revalidate import rescan_now
from ..decisions import Action, Decision, Plan, Reason, Source
from ..explain import Explainer
from ..plan import make_plan, with_decisions
from ..refusal import Refusal

_GIVES_WAY = frozenset(
    {"newest", "newest resumable", "pointer", "best metric", "restarted", "no policy"}
)
_ASKED = (Reason(Source.HAND, "makes way"),)


def way_for(catalog: Catalog, ids: frozenset[str], now: float) -> Plan:
    """The plan that moves these and nothing else; `now` is seconds since the epoch.

    Raises Refusal, with the reason, when one of them has to stay.
    """
    plan = make_plan(catalog, None, now=now)
    for decision in plan.decisions:
        held = _held(decision) if decision.checkpoint.id in ids else ()
        if held:
            words = ", ".join(Explainer(plan).words(reason) for reason in held)
            raise Refusal(f"{decision.checkpoint.id} cannot make way: {words}")
    return _opened(plan, ids)


def make_way(plan: Plan, ids: frozenset[str]) -> CommitResult:
    """Move them to the trash; what has changed since is left and reported like in any commit."""

    def rescan(before: Plan, unchanged: Unchanged, now: float) -> Plan:
        return _opened(rescan_now(before, unchanged, now), ids)

    return commit(plan, rescan=rescan)


def _held(decision: Decision) -> tuple[Reason, ...]:
    return tuple(reason for reason in decision.reasons if reason.name not in _GIVES_WAY)


def _opened(plan: Plan, ids: frozenset[str]) -> Plan:
    decisions = tuple(
        replace(one, action=Action.DELETE, reasons=_ASKED, protected=False)
        if one.checkpoint.id in ids and not _held(one)
        else one
        for one in plan.decisions
    )
    return with_decisions(plan, decisions, plan.artifacts)
