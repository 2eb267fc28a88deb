"""How much a metric changes from one evaluation to the next for no reason but chance.

Measured on the log of the run, never on the checkpoints that survive: those grow fewer with every
prune, and what counts as equal must not depend on what was deleted.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import isfinite

FEWEST = 9  # evaluations; fewer say little about chance
_TO_DEVIATION = 1.4826  # from the median absolute deviation to the standard one, if normal


def noise_of(log: Sequence[tuple[int, float]]) -> float | None:
    """The spread of the differences between successive evaluations, in the metric's own unit.

    Two values that lie closer than this are not told apart by one evaluation each. The newer half
    of the log counts, since training begins with large steps; the median is taken out, since a
    curve that still falls is no noise, and a few jumps do not decide. None for fewer than
    `FEWEST` finite evaluations, and for a metric that hardly ever changes.
    """
    values = [value for _, value in log if isfinite(value)]
    if len(values) < FEWEST:
        return None
    from statistics import median  # with fractions and decimals, which few commands need

    newer = values[-max(FEWEST, len(values) // 2) :]
    differences = [after - before for before, after in pairwise(newer)]
    usual = median(differences)
    spread = _TO_DEVIATION * median(abs(each - usual) for each in differences)
    return spread if isfinite(spread) and spread > 0 else None
