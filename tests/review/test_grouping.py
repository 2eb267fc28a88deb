"""Series as groups of the table: what folds is out of sight, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from keepstep.policies.rules.counts import LastRule
from keepstep.tui.review.glyphs import ASCII
from keepstep.tui.review.model import ReviewModel
from keepstep.tui.review.ordering import Column
from keepstep.tui.review.rows import heading_of
from keepstep.tui.review.visible import series_of_heading

from ..policies.catalogs import catalog, checkpoint
from .models import model_of, rescan, run

A, B = "a-*", "b-*"


def _found(last: int = 4):
    return catalog(
        checkpoint(n, family=family, metrics={"loss": n if family == A else -n})
        for family in (A, B)
        for n in range(1, last + 1)
    )


@pytest.fixture
def model() -> ReviewModel:
    model = model_of(_found(), LastRule(2))
    model.toggle_grouping()
    return model


def table(model: ReviewModel) -> list[str]:
    """What stands in each row: an id, or the heading of a series in brackets."""
    ids = [model.rows.id_at(row) or "" for row in range(len(model.rows))]
    return [f"[{series}]" if (series := series_of_heading(id_)) else id_ for id_ in ids]


def test_each_series_stands_under_its_heading(model: ReviewModel):
    assert table(model) == [
        *("[a-*]", "a-4", "a-3", "a-2", "a-1"),
        *("[b-*]", "b-4", "b-3", "b-2", "b-1"),
    ]
    model.toggle_grouping()
    assert table(model) == ["a-4", "a-3", "a-2", "a-1", "b-4", "b-3", "b-2", "b-1"]


def test_one_series_is_not_grouped():
    model = model_of(run())
    model.toggle_grouping()
    assert (model.grouped, model.message) == (False, "there is one series here")
    model.message = ""
    model.fold_all()
    assert (model.grouped, model.message) == (False, "there is one series here")


@pytest.mark.parametrize("column", list(Column))
def test_each_order_is_inside_the_groups(model: ReviewModel, column: Column):
    for _ in range(2):
        model.sort_by(column)
        model.toggle_grouping()
        alone = table(model)
        model.toggle_grouping()
        assert table(model) == [
            *("[a-*]", *(id_ for id_ in alone if id_[0] == "a")),
            *("[b-*]", *(id_ for id_ in alone if id_[0] == "b")),
        ]


def test_a_folded_group_is_its_heading(model: ReviewModel):
    model.toggle_fold(A)
    assert table(model) == ["[a-*]", "[b-*]", "b-4", "b-3", "b-2", "b-1"]
    model.toggle_fold(A)
    assert len(table(model)) == 10


def test_one_key_folds_all_and_opens_all(model: ReviewModel):
    model.fold_all()
    assert table(model) == ["[a-*]", "[b-*]"]
    model.fold_all()
    assert len(table(model)) == 10
    model.toggle_fold(B)
    model.fold_all()
    assert table(model) == ["[a-*]", "[b-*]"]


def test_folding_all_groups_first_what_is_no_group():
    model = model_of(_found())
    model.fold_all()
    assert table(model) == ["[a-*]", "[b-*]"]


def test_the_plan_is_the_same_whatever_is_folded(model: ReviewModel):
    model.toggle_marks(["b-4", "b-3"])
    before = model.plan.summary
    model.fold_all()
    model.toggle_marks([])
    model.replan()
    assert model.plan.summary == before
    assert model.marks == {"b-3"}


def test_the_cursor_goes_to_the_heading_that_hides_it_and_stays_on_it(model: ReviewModel):
    model.move_to(7)
    assert model.cursor == "b-3"
    model.toggle_fold(B)
    assert (model.heading, model.cursor_position) == (B, 5)
    assert model.current is None
    rescan(model, _found(last=6))
    assert (model.heading, model.cursor_position) == (B, 7)
    model.sort_by(Column.METRIC)
    assert model.heading == B


def test_the_cursor_stays_on_its_checkpoint_when_another_group_folds(model: ReviewModel):
    model.move_to(7)
    model.toggle_fold(A)
    assert (model.cursor, model.cursor_position) == ("b-3", 3)
    model.toggle_grouping()
    assert (model.cursor, model.cursor_position) == ("b-3", 5)


def test_a_range_holds_the_checkpoints_in_sight_and_no_heading(model: ReviewModel):
    model.move_to(3)
    model.anchor = model.cursor
    model.move_to(6)
    assert model.selected() == ("a-2", "a-1", "b-4")
    model.toggle_fold(B)
    model.move_to(5)
    assert model.selected() == ("a-2", "a-1")


def test_nothing_is_selected_on_a_heading(model: ReviewModel):
    model.move_to(0)
    assert model.selected() == ()


def test_a_filter_hides_the_groups_that_nothing_of_passes(model: ReviewModel):
    model.set_filter("b- delete")
    assert table(model) == ["[b-*]", "b-2", "b-1"]
    assert "2 of 4" in heading_of(B, model, ASCII, 79)
    model.set_filter("")
    assert len(table(model)) == 10


def test_a_heading_says_what_the_plan_does_to_its_series(model: ReviewModel):
    heading = heading_of(A, model, ASCII, 79)
    assert len(heading) == 79
    assert heading.split() == [
        *("-", "a-*", "4", "4.0", "GB", "frees", "2.0", "GB", "deletes", "2"),
    ]
    model.toggle_marks(["a-3"])
    model.toggle_fold(A)
    heading = heading_of(A, model, ASCII, 79)
    assert heading.split() == [
        *("+", "a-*", "4", "4.0", "GB", "frees", "3.0", "GB", "deletes", "3"),
    ]


def test_a_run_of_one_series_that_is_shown_alone_has_no_heading():
    found = _found()
    places = {A: "x", B: "y"}
    series = tuple(replace(one, directory=places[one.id]) for one in found.series)
    model = model_of(replace(found, series=series))
    model.toggle_grouping()
    assert len(table(model)) == 10
    model.show_run("x")
    assert table(model) == ["a-4", "a-3", "a-2", "a-1"]
    model.show_run("")
    assert len(table(model)) == 10
