"""The steps of + and -: what people would write next, and back again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keepstep.policies.rules.schema import parse_policy
from keepstep.tui.review.rule_values import count_step, interval_step, values_of


def _rule(text: str):
    return parse_policy(f"keep: [{{{text}}}]", "test").keep[0]


@pytest.mark.parametrize(
    ("rule", "number", "more", "less"),
    [
        ("last: 20", 0, {"last": 21}, {"last": 19}),
        ("first: 1", 0, {"first": 2}, {"first": 1}),
        ("every_steps: 1000", 0, {"every_steps": 2000}, {"every_steps": 500}),
        ("every_steps: 5000", 0, {"every_steps": 10000}, {"every_steps": 2000}),
        ("every_steps: 1234", 0, {"every_steps": 2000}, {"every_steps": 1000}),
        ("every_epochs: 10", 0, {"every_epochs": 11}, {"every_epochs": 9}),
        ("within: 7d", 0, {"within": "8d"}, {"within": "6d"}),
        ("within: 1d", 0, {"within": "36h"}, {"within": "12h"}),
        ("daily: 30", 0, {"daily": 35}, {"daily": 29}),
        (
            "threshold: {loss: {max: 0.15}}",
            0,
            {"threshold": {"loss": {"max": 0.16}}},
            {"threshold": {"loss": {"max": 0.14}}},
        ),
        (
            "threshold: {loss: {max: 0.1}}",
            0,
            {"threshold": {"loss": {"max": 0.11}}},
            {"threshold": {"loss": {"max": 0.099}}},
        ),
    ],
)
def test_one_step(rule: str, number: int, more: object, less: object):
    value = values_of(_rule(rule))[number]
    assert value.stepped(True).document() == more
    assert value.stepped(False).document() == less


def test_tiers_have_three_values_and_one_checkpoint_makes_no_tier():
    rule = _rule("graduated: {last: 2, tier2_count: 2, tier3_interval: 1000}")
    last, middle, interval = values_of(rule)
    assert last.stepped(False) == rule
    assert middle.stepped(True).label() == "tiers 2/3/1000"
    assert interval.stepped(True).label() == "tiers 2/2/2000"
    start, end = last.place(rule.label())
    assert rule.label()[:end] == "tiers 2"
    assert middle.place(rule.label(), end) == (8, 9)
    assert (start, end) == (6, 7)


@pytest.mark.parametrize("rule", ["steps: [100, 200]", "match: ['*-best*']"])
def test_names_have_no_value(rule: str):
    assert values_of(_rule(rule)) == ()


@given(st.integers(1, 10**12))
def test_up_is_more_and_down_is_less(number: int):
    for step in (count_step, interval_step):
        assert step(number, True) > number
        assert step(number, False) < number or number == 1
        assert step(step(number, True), True) > step(number, True)


@given(st.integers(1, 10**9))
def test_what_a_step_reached_it_also_leaves(number: int):
    for step in (count_step, interval_step):
        on_grid = step(number, True)
        assert step(step(on_grid, True), False) == on_grid
