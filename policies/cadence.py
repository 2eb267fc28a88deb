"""How a series grows: steps and seconds from one save to the next, and what a save weighs.

Taken from the recent end of the series, where pruning has thinned least; the rate of steps in time
does not care about thinning at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from .catalog.model import Checkpoint
from .late_dataclass import dataclass
from .rules.setting import Setting

_RECENT = 20


@dataclass(frozen=True, slots=True)
class Cadence:
    """One series, as it has lately grown."""

    series: str
    gap: float  # steps (or epochs) from save to save
    seconds: float
    size: int  # bytes on disk of one save
    newest: Checkpoint
    saved_at: float  # of the newest, or the latest time that can be true


def cadence_of(items: Sequence[Checkpoint], setting: Setting) -> Cadence | None:
    """The cadence of complete checkpoints, oldest first; None where too little is known."""
    recent = items[-_RECENT:]
    numbers = [one.number or 0 for one in recent]
    gaps = sorted(b - a for a, b in pairwise(numbers) if b > a)
    times = [setting.save_time(one) for one in recent]
    rates = sorted(
        (t - s) / (b - a)
        for (a, b), (s, t) in zip(pairwise(numbers), pairwise(times), strict=True)
        if s is not None and t is not None and t > s and b > a
    )
    if not gaps or not rates:
        return None
    gap = gaps[(len(gaps) - 1) // 4]  # a policy may have widened most gaps, never narrowed one
    return Cadence(
        series=items[-1].series,
        gap=gap,
        seconds=rates[(len(rates) - 1) // 2] * gap,
        size=sorted(one.disk for one in recent)[(len(recent) - 1) // 2],
        newest=items[-1],
        saved_at=max(time for time in times if time is not None),
    )
