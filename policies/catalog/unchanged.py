"""What a scan right before a commit need not read twice.

Such a scan lists every folder, reads every link and pointer file and lets every layout look anew.
Only what is inside checkpoints that a second look found unchanged, entry by entry, is taken from
the scan before: that they are whole, their sizes, and their metrics. Logs of metrics are not read
again, unless that scan itself believed what an earlier one had read: a checkpoint that is new or
has changed meanwhile has no metric but what its layout tells, and a metric that is not known only
ever keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from .listing import Names
from .local_tree import LocalTree
from .measure import measure
from .model import Checkpoint, Measure, State
from .tree import Tree


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Checkpoints that were looked at again and are as the scan before found them."""

    checkpoints: Mapping[str, Checkpoint]  # by id
    listings: Mapping[str, Names]  # of the directories inside them
    recalled: bool = False  # their metrics may be those of an earlier scan

    def tree(self, root: str) -> LocalTree:
        """The disk, of which these need not be listed or read again."""
        return _HalfKnownTree(root, self)

    def with_metrics(
        self, tree: Tree, seen: Sequence[Checkpoint], folders: Mapping[str, str]
    ) -> list[Checkpoint]:
        """What the scan before knew, and what the layouts have just found; as `Metrics`."""
        if self.recalled:
            from .logs import WITHOUT_END, Logs
            from .metric_sources import with_exact_metrics

            return with_exact_metrics(tree, seen, folders, Logs(WITHOUT_END))
        known = self.checkpoints
        return [
            replace(one, metrics={**known[one.id].metrics, **one.metrics})
            if one.id in known and known[one.id].metrics
            else one
            for one in seen
        ]

    def measure(self, tree: Tree, one: Checkpoint) -> Measure:
        """The size it had, or has now."""
        known = self.checkpoints.get(one.id)
        if known is not None and known.measure is not None and known.members == one.members:
            return known.measure
        return measure(tree, one.members)


class _HalfKnownTree(LocalTree):
    """The local disk, of which some directories have just been listed."""

    def __init__(self, root: str, unchanged: Unchanged) -> None:
        super().__init__(root)
        self._listings = unchanged.listings
        self.whole = frozenset(
            member.path
            for one in unchanged.checkpoints.values()
            if one.state is State.COMPLETE
            for member in one.members
        )

    def survey(self, cancelled: Callable[[], bool]) -> Iterator[dict[str, Names]]:
        """Nothing: most was looked at just now, and the rest is when it is asked for."""
        return iter(())

    def names(self, path: str) -> Names:
        names = self._listings.get(path)
        return super().names(path) if names is None else names
