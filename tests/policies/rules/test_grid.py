"""Whichever way a grid finds its members, they are those that the words say."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from keepstep.policies.rules.best import BestRule
from keepstep.policies.rules.grid import Grid

STEPS = st.lists(st.integers(0, 400), max_size=60).map(sorted)


@given(STEPS, st.integers(1, 500), st.integers(-50, 450))
def test_the_last_one_of_each_interval(steps: list[int], interval: int, offset: int) -> None:
    grid = Grid(interval, offset)
    wanted = {}
    for i, step in enumerate(steps):
        mark = next(m for m in range(step, step + interval) if (m - offset) % interval == 0)
        if step == max(other for other in steps if mark - interval < other <= mark):
            wanted[i] = (step, mark)
    found = list(grid.members(steps))
    assert {i: (number, mark) for i, number, mark in found} == wanted
    assert len(found) == len(wanted)
    floats = list(grid.members([float(step) for step in steps]))
    assert sorted(floats) == sorted(found)


VALUES = st.none() | st.floats(width=16) | st.integers(-5, 5).map(float)


@given(st.lists(VALUES, max_size=30), st.integers(1, 4), st.sampled_from(["min", "max"]))
def test_the_best_among_unknown_and_infinite_ones(
    values: list[float | None], count: int, mode: str
) -> None:
    sign = 1 if mode == "min" else -1
    finite = [(sign * v, -i) for i, v in enumerate(values) if v is not None and abs(v) < 1e9]
    wanted = [-i for _, i in sorted(finite)[:count]]
    assert BestRule("loss", mode, count).leaders(values, count) == wanted
