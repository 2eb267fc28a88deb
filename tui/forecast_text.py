"""A forecast in words: how the run saves, what it will hold, and when the disk is full."""

from __future__ import annotations

from ..policies.cadence import Cadence
from ..policies.forecast import Estimate, Forecast, Holding
from .quantities import age, counted, figure, size
from .tables import Column, table

_COLUMNS = (
    Column("AFTER"),
    Column("WITHOUT", right=True),
    Column("SIZE", right=True),
    Column("WITH", right=True),
    Column("SIZE", right=True),
)


def cadence_line(one: Cadence) -> str:
    """checkpoint-*: a save of 3.6 GB every 100 steps, every 42 m"""
    unit = "epochs" if one.newest.step is None else "steps"
    pace = f"every {figure(one.gap)} {unit}, every {age(one.seconds)}"
    return f"{one.series}: a save of {size(one.size)} {pace}"


def forecast_table(found: Forecast, width: int | None) -> str:
    """Checkpoints and bytes, with the policy and without, at each moment."""
    rows = [["now", *_cells(found.now), *_cells(found.kept_now)]]
    rows += [[one.after, *_cells(one.without), *_cells(one.kept)] for one in found.points]
    return table(_COLUMNS, rows, width)


def verdicts(found: Forecast, free: int | None) -> list[str]:
    """When the disk is full, and whether the policy comes to rest."""
    lines = [_steady(found)]
    if free is not None:
        last = found.points[-1].after if found.points else "a week"
        without = _fills(found.fills_without, last)
        lines.append(
            f"{size(free)} are free: without the policy the disk is full {without}, "
            f"with it {_fills(found.fills_with, last)}"
        )
    return lines


def estimate_lines(found: Estimate) -> list[str]:
    """A run that is only numbers, exactly and by the rule of thumb."""
    without, kept = found.without, found.kept
    lines = [f"without a policy: {_words(without)}", f"with it: {_words(kept)}"]
    if found.simple is not None:
        lines.append(
            f"the rule of thumb (last + half of tier 2 + one an interval) says "
            f"{figure(found.simple)}; it counts twice where the tiers overlap"
        )
    return lines


def _words(one: Holding) -> str:
    return f"{counted(one.checkpoints, 'checkpoint')}, {size(one.bytes)}"


def _cells(one: Holding) -> tuple[str, str]:
    return str(one.checkpoints), size(one.bytes)


def _fills(seconds: float | None, last: str) -> str:
    return f"not within {last}" if seconds is None else f"in {age(seconds)}"


def _steady(found: Forecast) -> str:
    if not found.points:
        return "it saves too often to look a week ahead"
    if found.steady:
        return f"with the policy it comes to rest at {_words(found.points[-1].kept)}"
    return f"with the policy it goes on growing, by {size(found.growth)} a month"
