"""Tell when a checkpoint that somebody else writes is finished, from looks at the directory. Pure.

Finished is what its trainer has said to be, or what looks complete, has not changed for a while and
is open for writing nowhere on this host. What was there before the first look counts as finished;
what changes is unfinished again.
"""

from __future__ import annotations

from collections.abc import Container

from ..catalog.model import Catalog, Checkpoint, Standing, State

SETTLES = 3.0  # seconds without a change


class Completion:
    """The finished checkpoints of a run, and those that are still watched."""

    def __init__(self, settles: float = SETTLES) -> None:
        self._settles = settles
        self._whole: dict[str, str] = {}  # id -> identity
        self._watched: dict[str, tuple[str, float]] = {}  # id -> identity, since

    @property
    def whole(self) -> frozenset[str]:
        """Ids of the finished."""
        return frozenset(self._whole)

    @property
    def watched(self) -> tuple[str, ...]:
        """Ids of what looks complete, but is not yet known to be finished."""
        return tuple(self._watched)

    @property
    def due(self) -> float | None:
        """When the first of these may be finished, if nothing changes."""
        return min((since + self._settles for _, since in self._watched.values()), default=None)

    def begin(self, catalog: Catalog) -> None:
        """Take everything complete for finished: nobody is writing yet."""
        self._whole = {one.id: _identity(one) for one in _complete(catalog)}

    def look(
        self, catalog: Catalog, now: float, told: Container[str] = (), *, at_rest: bool = False
    ) -> tuple[str, ...]:
        """What has been finished since the last look, in catalog order.

        `told` are ids that their trainer called saved; `at_rest` says that nobody writes now.
        """
        complete = _complete(catalog)
        here = {one.id for one in complete}
        self._whole = {id_: seen for id_, seen in self._whole.items() if id_ in here}
        self._watched = {id_: seen for id_, seen in self._watched.items() if id_ in here}
        if at_rest:
            told = here
        written = _written(catalog)
        return tuple(
            one.id for one in complete if self._is_new(one, now, one.id in told, one.id in written)
        )

    def _is_new(self, one: Checkpoint, now: float, told: bool, written: bool) -> bool:
        identity = _identity(one)
        if self._whole.get(one.id) == identity:
            return False
        before, since = self._watched.get(one.id, ("", now))
        if before != identity or written:
            since = now
        if told or now - since >= self._settles:
            self._whole[one.id] = identity
            self._watched.pop(one.id, None)
            return True
        self._whole.pop(one.id, None)  # it is being written over
        self._watched[one.id] = (identity, since)
        return False


def _complete(catalog: Catalog) -> list[Checkpoint]:
    return [
        one
        for one in catalog.checkpoints
        if one.state is State.COMPLETE and one.standing is Standing.NUMBERED
    ]


def _written(catalog: Catalog) -> frozenset[str]:
    """Ids of those that a process of this host has open for writing, however still it keeps."""
    writing = {file.path for one in catalog.activity.writers for file in one.files if file.writing}
    if not writing:
        return frozenset()
    return frozenset(
        one.id
        for one in catalog.checkpoints
        for member in one.members
        if any(path == member.path or path.startswith(f"{member.path}/") for path in writing)
    )


def _identity(one: Checkpoint) -> str:
    return "" if one.measure is None else one.measure.identity
