"""Find runs that were started again in one folder, by what their own records say.

Hugging Face: file times suggest it, and the histories of two states that disagree about a step
prove it. Orbax: each step records when it was committed. Elsewhere a series stays whole, and what
was saved after its newest is protected.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

from .discovery import Discovery
from .model import NO_METRICS, Checkpoint, Standing, State
from .resume_state import SET_ASIDE
from .segments import Save, Segment, newest, segments_of
from .sighting import Tag
from .trainer_state import FILE, StepRecord, TrainerState, read_trainer_state
from .tree import Folder, Tree, join


def split_restarts(
    tree: Tree, checkpoints: Sequence[Checkpoint], found: Discovery
) -> list[Checkpoint]:
    """The same checkpoints, a run that was started again as a series of its own.

    Adds its folder, its warning and its best pointer to what was found.
    """
    lines: dict[str, list[Checkpoint]] = {}
    for one in checkpoints:
        if one.layout in _EVIDENCE and one.standing is Standing.NUMBERED:
            lines.setdefault(one.series, []).append(one)
    moved: dict[str, Checkpoint] = {}
    for series, line in lines.items():
        segments = _segments(tree, line) if len(line) > 1 else []
        if len(segments) > 1:
            moved.update(_split(tree, series, line, segments, found))
    return [moved.get(one.id, one) for one in checkpoints]


def _segments(tree: Tree, line: Sequence[Checkpoint]) -> list[Segment]:
    saved_at, differ = _EVIDENCE[line[0].layout]
    saves = [
        Save(one.id, one.number, saved_at(tree, one), one.state is State.COMPLETE)
        for one in line
        if one.number is not None
    ]
    return segments_of(saves, lambda a, b: differ(tree, a.id, b.id))


def _split(
    tree: Tree, series: str, line: Sequence[Checkpoint], segments: list[Segment], found: Discovery
) -> dict[str, Checkpoint]:
    """The checkpoints of all runs but the first, renamed and with metrics of their own run."""
    by_id = {one.id: one for one in line}
    moved: dict[str, Checkpoint] = {}
    names = [series]
    for before, segment in pairwise(segments):
        last, first = newest(before), newest(segment)
        if last is None or first is None:
            continue
        # The last step before the restart names it: that one stays as long as the split does.
        name = f"{series} (restarted after {last.number:.15g})"
        names.append(name)
        found.folders[name] = found.folders[series]
        if series in found.counts:
            found.counts[name] = found.counts[series]
        own = [replace(by_id[save.id], series=name) for save in segment]
        if own[0].layout == _HUGGING_FACE:
            own = _with_own_history(tree, own, first.id, found)
        moved.update((one.id, one) for one in own)
    found.warnings.append(_warning(names, segments))
    return moved


def _warning(names: Sequence[str], segments: Sequence[Segment]) -> str:
    parts = [
        f"{name}: {_span(segment)}, saved until {_day(segment)}"
        for name, segment in zip(names, segments, strict=True)
    ]
    return f"training was started again in this folder, rules look at each run: {'; '.join(parts)}"


def _span(segment: Segment) -> str:
    numbers = [one.number for one in segment]
    low, high = f"{min(numbers):.15g}", f"{max(numbers):.15g}"
    return low if low == high else f"{low} to {high}"


def _day(segment: Segment) -> str:
    times = [one.at for one in segment if one.at is not None]
    return f"{datetime.fromtimestamp(max(times), UTC):%Y-%m-%d %H:%M} UTC" if times else "?"


# --- Hugging Face


def _state_time(tree: Tree, one: Checkpoint) -> float | None:
    """The trainer writes its state last, and nobody touches it afterwards."""

    def find() -> float | None:
        for name in (FILE, FILE + SET_ASIDE):
            try:
                return tree.stat(join(one.id, name)).mtime_ns / 1e9
            except OSError:
                continue
        return None

    return tree.fact(one.id, "saved at", find)


def _state(tree: Tree, path: str) -> TrainerState | None:
    return read_trainer_state(Folder(tree, path, {}))


def _histories_disagree(tree: Tree, one: str, other: str) -> bool:
    """A state repeats the history of its run to the digit; a difference is another run's."""
    first, second = _state(tree, one), _state(tree, other)
    if first is None or second is None:
        return False
    return any(
        _differ(first.history[step].metrics, second.history[step].metrics)
        for step in first.history.keys() & second.history.keys()
    )


def _differ(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    return any(
        one[name] != other[name] and not (math.isnan(one[name]) and math.isnan(other[name]))
        for name in one.keys() & other.keys()
    )


def _with_own_history(
    tree: Tree, line: Sequence[Checkpoint], last: str, found: Discovery
) -> list[Checkpoint]:
    """Metrics were read from the state of the greatest step, which is the other run's."""
    state = _state(tree, last)
    if state is None:
        return list(line)
    series = line[0].series
    found.metric_logs[series] = state.metric_log()
    if (chosen := state.selects_by()) is not None:
        found.selects_by[series] = chosen
    if state.best is not None:
        folder, _, name = last.rpartition("/")
        found.tags.append((folder, Tag(join(name, FILE), state.best, "best")))
    unknown = StepRecord(None, NO_METRICS)
    records = ((one, state.history.get(one.step or 0, unknown)) for one in line)
    return [replace(one, epoch=record.epoch, metrics=record.metrics) for one, record in records]


# --- Orbax


def _commit_time(tree: Tree, one: Checkpoint) -> float | None:
    from .readers.orbax import commit_time

    return tree.fact(one.id, "committed at", lambda: commit_time(Folder(tree, one.id, {})))


def _times_are_recorded(tree: Tree, one: str, other: str) -> bool:
    return True


_HUGGING_FACE = "huggingface"
_SavedAt = Callable[[Tree, Checkpoint], float | None]
_RunsDiffer = Callable[[Tree, str, str], bool]  # of the newest of two runs
_EVIDENCE: dict[str, tuple[_SavedAt, _RunsDiffer]] = {
    _HUGGING_FACE: (_state_time, _histories_disagree),
    "orbax": (_commit_time, _times_are_recorded),
}
