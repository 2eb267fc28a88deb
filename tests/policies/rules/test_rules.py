"""Golden tables: steps in, steps and reasons out, one line a case."""

from __future__ import annotations

import math

import pytest
from keepstep.policies.explain import Explainer
from keepstep.policies.plan import make_plan
from keepstep.policies.refusal import Refusal
from keepstep.policies.rules.best import BestRule
from keepstep.policies.rules.counts import FirstRule, LastRule
from keepstep.policies.rules.every_steps import EveryEpochsRule, EveryStepsRule
from keepstep.policies.rules.graduated import GraduatedRule
from keepstep.policies.rules.rule import Rule

from ..catalogs import NOW, catalog, checkpoint, kept_steps, policy, steps_catalog

TEN = range(100, 1001, 100)
CASES: dict[str, tuple[list[int], list[Rule], list[int]]] = {
    "last of many": ([*TEN], [LastRule(3)], [800, 900, 1000]),
    "last of fewer than asked": ([100, 200], [LastRule(3)], [100, 200]),
    "order is by number, not by text": ([9, 10, 99, 100, 1000], [LastRule(2)], [100, 1000]),
    "ten thousand is the newest": (
        [*range(9000, 10001, 100)],
        [LastRule(10)],
        [*range(9100, 10001, 100)],
    ),
    "first and last": ([*TEN], [FirstRule(1), LastRule(1)], [100, 1000]),
    "first alone never loses the newest": ([*TEN], [FirstRule(2)], [100, 200, 1000]),
    "exact multiples": ([*TEN], [EveryStepsRule(500)], [500, 1000]),
    "the last before a missing multiple": ([100, 200, 400, 600], [EveryStepsRule(500)], [400, 600]),
    "step 0 is its own multiple": ([0, 10, 20], [EveryStepsRule(20)], [0, 20]),
    "off-grid steps": ([101, 201, 301, 401], [EveryStepsRule(200)], [101, 301, 401]),
    "a union keeps what any rule keeps": (
        [*TEN],
        [LastRule(2), EveryStepsRule(300)],
        [300, 600, 900, 1000],
    ),
    "an epoch that nobody knows costs nothing": ([*TEN], [EveryEpochsRule(2)], [*TEN]),
    "converges in one run": ([*range(1, 101)], [LastRule(5)], [96, 97, 98, 99, 100]),
}


@pytest.mark.parametrize("case", CASES)
def test_steps_in_steps_out(case: str):
    steps, rules, expected = CASES[case]
    plan = make_plan(steps_catalog(steps), policy(*rules), now=NOW)
    assert kept_steps(plan) == expected
    explainer = Explainer(plan)
    assert all(explainer.reasons(decision) for decision in plan.decisions)


def _with_loss(values: dict[int, float | None]):
    return catalog(
        checkpoint(step, metrics={} if value is None else {"eval_loss": value})
        for step, value in values.items()
    )


LOSS_CASES: dict[str, tuple[dict[int, float | None], BestRule, list[int]]] = {
    "smallest of all": ({1: 0.5, 2: 0.1, 3: 0.4}, BestRule("eval_loss", "min"), [2, 3]),
    "largest of all": ({1: 0.5, 2: 0.1, 3: 0.4}, BestRule("eval_loss", "max"), [1, 3]),
    "among equals the newer": ({1: 0.1, 2: 0.1, 3: 0.4}, BestRule("eval_loss", "min"), [2, 3]),
    "NaN never wins": ({1: 0.9, 2: math.nan, 3: 0.5, 4: 0.7}, BestRule("eval_loss", "min"), [3, 4]),
    "infinity never wins": ({1: -math.inf, 2: 0.9, 3: 1.0}, BestRule("eval_loss", "min"), [2, 3]),
    "unknown stays": ({1: 0.5, 2: None, 3: 0.1, 4: 0.9}, BestRule("eval_loss", "min"), [2, 3, 4]),
    "unknown goes when told": (
        {1: 0.5, 2: None, 3: 0.1, 4: 0.9},
        BestRule("eval_loss", "min", missing="drop"),
        [3, 4],
    ),
    "the best that were, not the best when saved": (
        {1: 2.0, 2: 6.0, 3: 4.0},
        BestRule("eval_loss", "max", 2),
        [2, 3],
    ),
}


@pytest.mark.parametrize("case", LOSS_CASES)
def test_best(case: str):
    values, rule, expected = LOSS_CASES[case]
    assert kept_steps(make_plan(_with_loss(values), policy(rule), now=NOW)) == expected


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("missing", ["keep", "drop"])
def test_a_metric_that_is_nowhere_finite_deletes_nothing(value: float, missing: str):
    """Not the first time, and not the second: what it would leave says as little as all did."""
    run = _with_loss({1: value, 2: value, 3: None})
    with pytest.raises(Refusal, match="'eval_loss' is nowhere finite"):
        make_plan(run, policy(BestRule("eval_loss", "min", 2, missing), LastRule(1)), now=NOW)


def test_a_metric_that_was_finite_once_is_asked_for_again_and_again():
    left = _with_loss({1: 0.5, 2: math.nan, 3: math.nan})
    best = policy(BestRule("eval_loss", "min"))
    for _ in range(2):
        plan = make_plan(left, best, now=NOW)
        assert kept_steps(plan) == [1, 3]
        left = catalog(d.checkpoint for d in plan.decisions if d.action == "keep")


REASONS: dict[str, tuple[Rule, int, str]] = {
    "last keeps": (LastRule(3), 900, "last 3"),
    "last misses": (LastRule(3), 100, "10th newest; the last 3 are kept"),
    "first keeps": (FirstRule(2), 200, "first 2"),
    "first misses": (FirstRule(2), 500, "5th oldest; the first 2 are kept"),
    "the first one misses": (FirstRule(1), 500, "5th oldest; only the oldest is kept"),
    "grid keeps": (EveryStepsRule(300), 600, "every 300 steps"),
    "grid misses": (EveryStepsRule(300), 500, "every 300 steps keeps checkpoint-600"),
    "tier 3 misses": (
        GraduatedRule(2, 2, 400),
        300,
        "tier 3: every 400 steps keeps checkpoint-400",
    ),
    "tier 2 misses": (
        GraduatedRule(2, 4, 800),
        500,
        "tier 2: every 200 steps keeps checkpoint-600",
    ),
    "tier 1 keeps": (GraduatedRule(2, 2, 400), 900, "tier 1: last 2"),
}


@pytest.mark.parametrize("case", REASONS)
def test_reasons_in_words(case: str):
    rule, step, words = REASONS[case]
    plan = make_plan(steps_catalog(TEN), policy(rule), now=NOW)
    decision = next(d for d in plan.decisions if d.checkpoint.step == step)
    assert [one.text for one in Explainer(plan).reasons(decision)] == [words]


def test_best_says_rank_and_value():
    plan = make_plan(
        _with_loss({1: 0.5, 2: 0.25, 3: 0.4}), policy(BestRule("eval_loss", "min")), now=NOW
    )
    words = [Explainer(plan).reasons(d)[-1].text for d in plan.decisions]
    assert words[0] == "3rd best eval_loss (0.5); only the best is kept"
    assert words[1] == "best eval_loss 0.25"


def test_a_policy_says_itself_as_a_sentence():
    said = policy(LastRule(3), BestRule("eval_loss", "min"), GraduatedRule(20, 20, 1000)).sentence()
    assert said == (
        "Keep the last 3, the best by eval_loss (min) and the last 20, every other one of the 20 "
        "before them and one every 1000 steps of all older; delete the rest."
    )
