"""Which metrics a review shows: the one its policy judges by, else the one the run selects by.

Where neither says, the one that people look at.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...policies.catalog.model import Catalog
from ...policies.rules.direction import known_mode
from ...policies.rules.policy import Policy
from .ordering import Shown

_HELD_OUT = ("eval", "val", "valid", "validation", "dev", "test")


def declared_mode(catalog: Catalog, metric: str) -> str | None:
    """The direction in which the runs themselves select by a metric, else what its name says."""
    modes = {by[1] for one in catalog.series if (by := one.selects_by) and by[0] == metric}
    return modes.pop() if len(modes) == 1 else known_mode(metric)


def shown_metrics(
    catalog: Catalog, counts: Mapping[str, int], policy: Policy | None, *, apparent: bool
) -> Shown:
    """The metrics in order of interest, and the direction of the first.

    `counts` says how many checkpoints have each.
    """
    asked = dict(policy.metrics()) if policy else {}
    chosen = {one.selects_by[0] for one in catalog.series if one.selects_by}

    def interest(name: str) -> tuple[object, ...]:
        held_out = any(part in _HELD_OUT for part in name.replace("/", "_").lower().split("_"))
        wanted = (name not in asked, name not in chosen, not held_out)
        return (*wanted, known_mode(name) is None, -counts[name], name)

    names = tuple(sorted(counts, key=interest))
    mode = (asked.get(names[0]) or declared_mode(catalog, names[0])) if names else None
    return Shown(metrics=names, mode=mode, apparent=apparent)
