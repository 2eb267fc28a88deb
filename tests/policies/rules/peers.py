"""What other tools keep, written down from their documentation: steps or values in, kept ones out.

Small on purpose, and with their habits: what they do with NaN, ties and gaps is part of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

Step = int


def orbax_latest(steps: Sequence[Step], n: int) -> set[Step]:
    """LatestN."""
    return set(steps[-n:])


def orbax_every(steps: Sequence[Step], interval: int) -> set[Step]:
    """EveryNSteps with exact_interval: multiples, and nothing for a gap."""
    return {step for step in steps if step % interval == 0}


def orbax_closest(steps: Sequence[Step], interval: int) -> set[Step]:
    """EveryNStepsClosest: of equally close ones the later; the last one always.

    A step half way between two marks belongs to the even one, as Python rounds.
    """
    best: dict[int, tuple[int, Step]] = {}
    for step in steps:
        mark = round(step / interval)
        away = abs(step - mark * interval)
        if mark not in best or away <= best[mark][0]:
            best[mark] = (away, step)
    return {step for _, step in best.values()} | set(steps[-1:])


def orbax_best(values: Mapping[Step, float | None], n: int) -> set[Step]:
    """BestN by the greatest; those without a metric stay; few enough are not even looked at."""
    if len(values) <= n:
        return set(values)
    scored = sorted((s for s, v in values.items() if v is not None), key=lambda s: values[s] or 0)
    return set(scored[-n:]) | {step for step, value in values.items() if value is None}


def tensorflow_max_to_keep(steps: Sequence[Step], n: int) -> set[Step]:
    """CheckpointManager(max_to_keep=n): after every save the oldest go."""
    kept: list[Step] = []
    for step in steps:
        kept = [*kept, step][-n:]
    return set(kept)


def tensorflow_every_hours(hours: Mapping[Step, float], n: int, every: float) -> set[Step]:
    """The same with keep_checkpoint_every_n_hours: counted from the one preserved last."""
    preserved: set[Step] = set()
    queue: list[Step] = []
    last = -math.inf
    for step in hours:
        queue.append(step)
        if len(queue) > n:
            leaving = queue.pop(0)
            if hours[leaving] - last >= every:
                preserved.add(leaving)
                last = hours[leaving]
    return preserved | set(queue)


def lightning_top_k(values: Mapping[Step, float], k: int) -> set[Step]:
    """save_top_k with mode min, save by save: NaN counts as infinity; equals do not replace."""
    best: dict[Step, float] = {}
    for step, value in values.items():
        score = math.inf if math.isnan(value) else value
        if len(best) < k:
            best[step] = score
        elif score < max(best.values()):
            del best[max(best, key=lambda s: best[s])]
            best[step] = score
    return set(best)


PERIODS: dict[str, Callable[[datetime], object]] = {
    "hourly": lambda t: (t.year, t.month, t.day, t.hour),
    "daily": lambda t: (t.year, t.month, t.day),
    "weekly": lambda t: t.isocalendar()[:2],
    "monthly": lambda t: (t.year, t.month),
    "yearly": lambda t: t.year,
}


def restic_forget(times: Sequence[datetime], counts: Mapping[str, int]) -> set[datetime]:
    """forget --keep-hourly … --keep-yearly: newest first, each rule with a counter of its own."""
    left = dict(counts)
    seen: dict[str, object] = {}
    kept: set[datetime] = set()
    ordered = sorted(times, reverse=True)
    for time in ordered:
        for rule, count in left.items():
            period = PERIODS[rule](time)
            # The oldest of all is kept by every rule that still has something to give.
            if count > 0 and (seen.get(rule) != period or time == ordered[-1]):
                kept.add(time)
                seen[rule] = period
                left[rule] = count - 1
    return kept
