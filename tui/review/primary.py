"""Which metrics a review shows: the one its policy judges by, else the one people look at."""

from __future__ import annotations

from collections import Counter

from ...policies.catalog.model import Catalog
from ...policies.rules.direction import known_mode
from ...policies.rules.policy import Policy
from .ordering import Shown

_HELD_OUT = ("eval", "val", "valid", "validation", "dev", "test")


def shown_metrics(catalog: Catalog, policy: Policy | None, *, apparent: bool) -> Shown:
    """The metrics in order of interest, and the direction of the first."""
    counts = Counter(name for one in catalog.checkpoints for name in one.metrics)
    asked = dict(policy.metrics()) if policy else {}

    def interest(name: str) -> tuple[bool, bool, bool, int, str]:
        held_out = any(part in _HELD_OUT for part in name.replace("/", "_").lower().split("_"))
        return (name not in asked, not held_out, known_mode(name) is None, -counts[name], name)

    names = tuple(sorted(counts, key=interest))
    mode = (asked.get(names[0]) or known_mode(names[0])) if names else None
    return Shown(metrics=names, mode=mode, apparent=apparent)
