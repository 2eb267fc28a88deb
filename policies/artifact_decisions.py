"""What happens to each artifact of a class that the policy names, or marked by hand, and why.

Pure functions. In doubt a file stays: only what is surely finished, surely replaceable and needed
by nothing that stays can go.
"""

from __future__ import annotations

import posixpath
from collections.abc import Container, Iterator, Mapping
from dataclasses import field

from .catalog.model import Artifact, Catalog, Consequence, Pin
from .decisions import Action, ArtifactDecision, Reason, Source
from .in_use import Users, open_facts, users_of
from .late_dataclass import dataclass
from .protections import BEING_WRITTEN
from .rules.artifact_classes import FINAL_MODEL
from .rules.policy import Policy

_HOLD_METRICS = ("log", "event")  # where a rule by metric may have its numbers from


def decide_artifacts(
    catalog: Catalog,
    policy: Policy | None,
    pins: Mapping[str, Pin],
    now: float,
    marks: Container[str] = frozenset(),
) -> tuple[ArtifactDecision, ...]:
    """One decision for each artifact of a named class or marked, in catalog order.

    A mark overrides no protection: what must stay stays, whoever asks for it.
    """
    classes = () if policy is None else policy.artifacts
    named = [one for one in catalog.artifacts if one.kind in classes or one.path in marks]
    if not named:
        return ()
    needs = _Needs.of(catalog, policy, pins)
    return tuple(_decide(one, needs, now, by_hand=one.path in marks) for one in named)


def _decide(one: Artifact, needs: _Needs, now: float, *, by_hand: bool) -> ArtifactDecision:
    keeps = tuple(
        Reason(Source.PROTECTION, name, facts=facts)
        for name, facts in (*_of_itself(one, now), *needs.of_others(one))
    )
    if keeps:
        return ArtifactDecision(one, Action.KEEP, keeps)
    if by_hand:
        return ArtifactDecision(one, Action.DELETE, (Reason(Source.HAND, "marked"),))
    named = Reason(Source.RULE, "artifacts", facts={"class": one.kind})
    return ArtifactDecision(one, Action.DELETE, (named,))


def _of_itself(one: Artifact, now: float) -> Iterator[tuple[str, dict[str, object]]]:
    if one.consequence is Consequence.CATASTROPHIC:
        yield "irreplaceable", {"why": one.why}
    if one.growing:
        yield "growing", {}
    if one.measure is None:
        yield "no single file", {}
    elif one.measure.errors:
        yield "unreadable", {"evidence": one.measure.errors[0]}
    elif now - one.measure.newest_mtime_ns / 1e9 < BEING_WRITTEN:
        yield "just written", {"minutes": BEING_WRITTEN // 60}


@dataclass(frozen=True, slots=True)
class _Needs:
    """What stays and needs an artifact."""

    pins: Mapping[str, Pin]
    metrics: tuple[str, ...]  # that the policy names
    names: dict[str, str] = field(default_factory=dict)  # a file -> the checkpoint it names
    linked: dict[str, list[str]] = field(default_factory=dict)  # a path -> the links to it
    final_folders: frozenset[str] = frozenset()
    users: Users = field(default_factory=dict)

    @classmethod
    def of(cls, catalog: Catalog, policy: Policy | None, pins: Mapping[str, Pin]) -> _Needs:
        finals = (one.path for one in catalog.artifacts if one.kind == FINAL_MODEL)
        needs = cls(
            pins,
            tuple(metric for metric, _ in policy.metrics()) if policy else (),
            final_folders=frozenset(posixpath.dirname(path) for path in finals),
            users=users_of(catalog.activity),
        )
        needs.names.update((one.path, one.target) for one in catalog.references)
        for pointer in catalog.pointers:
            beside = posixpath.join(posixpath.dirname(pointer.path), pointer.target)
            needs.linked.setdefault(posixpath.normpath(beside), []).append(pointer.path)
            if pointer.resolved is not None:
                needs.names[pointer.path] = pointer.resolved
        return needs

    def of_others(self, one: Artifact) -> Iterator[tuple[str, dict[str, object]]]:
        """Why something else would miss it."""
        if one.path in self.pins:
            yield "pinned", {"note": self.pins[one.path].note}
        if one.path in self.linked:
            yield "pointer", {"by": tuple(self.linked[one.path])}
        if one.path in self.users:
            yield "open", open_facts(self.users[one.path])
        if one.path in self.names:
            yield "names a checkpoint", {"id": self.names[one.path]}
        if self.metrics and one.kind in _HOLD_METRICS:
            yield "holds metrics", {"metric": self.metrics[0]}
        if one.kind == "config" and posixpath.dirname(one.path) in self.final_folders:
            yield "needed by the final model", {}
