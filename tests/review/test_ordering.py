"""Order of the table: stable, by meaning, and what is missing stands last either way."""

from __future__ import annotations

import pytest
from keepstep.tui.review.ordering import Column, Shown, Sort, first_sort, next_sort

from ..policies.catalogs import catalog, checkpoint
from .models import model_of, run, steps


def test_steps_are_numbers():
    model = model_of(run([9, 10, 100]))
    assert steps(model) == [100, 10, 9]


@pytest.mark.parametrize("descending", [True, False])
def test_a_missing_metric_stands_last(descending: bool):
    found = catalog(
        [
            checkpoint(1, metrics={"loss": 0.5}),
            checkpoint(2),
            checkpoint(3, metrics={"loss": float("nan")}),
            checkpoint(4, metrics={"loss": 0.1}),
        ]
    )
    model = model_of(found)
    model.sort = Sort(Column.METRIC, descending)
    model.replan()
    assert set(steps(model)[2:]) == {2, 3}


def test_equal_values_stay_newest_first():
    model = model_of(run([1, 2, 3]))
    model.sort_by(Column.SIZE)
    assert steps(model) == [3, 2, 1]


def test_series_stay_together_when_sorted_by_step():
    found = catalog([checkpoint(n, family=f) for f in ("a-*", "b-*") for n in (1, 2)])
    model = model_of(found)
    assert [d.checkpoint.id for d in model.visible] == ["a-2", "a-1", "b-2", "b-1"]


def test_a_metric_starts_with_its_best():
    assert first_sort(Column.METRIC, Shown(mode="max")).descending
    assert not first_sort(Column.METRIC, Shown(mode="min")).descending


def test_next_column_wraps_round():
    columns = [Column.STEP, Column.SIZE]
    assert next_sort(Sort(Column.SIZE), columns, Shown()).column is Column.STEP
    assert next_sort(Sort(Column.EPOCH), columns, Shown()).column is Column.STEP
