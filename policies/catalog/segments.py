"""Split a series where a run was started again in the same place: pure functions of times.

A checkpoint with a lower step that was saved clearly after the greatest one may belong to another
run. Times alone never tell (copies have times of their own): whoever calls brings evidence about
the newest of either side. Both of these survive every policy, so that the split does as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..late_dataclass import dataclass
from .save_times import PLAUSIBLE_SINCE, RESTART_MARGIN


@dataclass(frozen=True, slots=True)
class Save:
    """One checkpoint of a series: when it was saved, as far as that is known."""

    id: str
    number: float
    at: float | None  # seconds since the epoch
    complete: bool = True


Segment = tuple[Save, ...]  # the saves of one run
Differ = Callable[[Save, Save], bool]


def segments_of(saves: Sequence[Save], differ: Differ) -> list[Segment]:
    """The runs in a series, oldest first; one where the evidence is not clear.

    `differ` says whether two saves certainly belong to different runs; it is asked once for each
    restart that the times suggest.
    """
    found: list[Segment] = []
    rest = tuple(saves)
    while True:
        top = newest(rest)
        later = _saved_after(top, rest) if top else ()
        last = newest(later)
        if top is None or last is None or not differ(top, last):
            return [*found, rest]
        parted = set(later)
        found.append(tuple(one for one in rest if one not in parted))
        rest = later


def newest(saves: Sequence[Save]) -> Save | None:
    """The complete one with the greatest number."""
    return max((one for one in saves if one.complete), key=lambda one: one.number, default=None)


def _saved_after(top: Save, saves: Sequence[Save]) -> tuple[Save, ...]:
    """Lower numbers saved clearly later."""
    if top.at is None or top.at < PLAUSIBLE_SINCE:
        return ()
    limit = top.at + RESTART_MARGIN
    return tuple(
        one for one in saves if one.number < top.number and one.at is not None and one.at > limit
    )
