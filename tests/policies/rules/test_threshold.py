"""Thresholds: every metric passes; the moving average is over the log, not over survivors."""

from __future__ import annotations

import math

import pytest
from keepstep.policies import Refusal
from keepstep.policies.decisions import Action
from keepstep.policies.plan import make_plan
from keepstep.policies.rules.schema import parse_policy
from keepstep.policies.rules.threshold import Bound, ThresholdRule

from ..catalogs import NOW, catalog, checkpoint, kept_steps, policy, reasons_of

BOTH = ThresholdRule((Bound("loss", "max", 0.1), Bound("eval_loss", "max", 0.15)))
Values = dict[int, tuple[float | None, float | None]]  # step -> loss, eval_loss


def _run(values: Values):
    return catalog(
        checkpoint(
            step,
            metrics={
                name: value
                for name, value in zip(("loss", "eval_loss"), pair, strict=True)
                if value is not None
            },
        )
        for step, pair in values.items()
    )


CASES: dict[str, tuple[Values, ThresholdRule, list[int]]] = {
    "both must pass": (
        {1: (0.2, 0.3), 2: (0.09, 0.2), 3: (0.3, 0.1), 4: (0.08, 0.14), 5: (0.9, 0.9)},
        BOTH,
        # 2 and 3 stay as the best by loss and by eval_loss only where they are the best
        [3, 4, 5],
    ),
    "the bound itself passes": ({1: (0.1, 0.15), 2: (0.05, 0.1), 3: (1, 1)}, BOTH, [1, 2, 3]),
    "NaN and infinities never pass": (
        {1: (math.nan, 0.1), 2: (-math.inf, 0.1), 3: (0.05, 0.1), 4: (1, 1)},
        BOTH,
        [3, 4],
    ),
    "unknown stays when the rest passes": (
        {1: (None, 0.1), 2: (0.05, None), 3: (0.05, 0.1), 4: (1, 1)},
        BOTH,
        [1, 2, 3, 4],
    ),
    "unknown does not help where another fails": (
        {1: (None, 0.5), 2: (0.05, 0.1), 3: (1, 1)},
        BOTH,
        [2, 3],
    ),
    "unknown goes when told": (
        {1: (None, 0.2), 2: (None, 0.1), 3: (0.05, 0.1), 4: (1, 1)},
        ThresholdRule(BOTH.bounds, missing="drop"),
        [3, 4],
    ),
    "at least": (
        {1: (0.5, 0), 2: (0.7, 0), 3: (0.9, 0), 4: (0.1, 0)},
        ThresholdRule((Bound("loss", "min", 0.7),)),
        [2, 3, 4],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_values_in_steps_out(case: str):
    values, rule, expected = CASES[case]
    assert kept_steps(make_plan(_run(values), policy(rule), now=NOW)) == expected


LOG = {"loss": [(step, 1.0 if step % 20 else 0.0) for step in range(10, 101, 10)]}
EVERY_20 = [checkpoint(step, metrics={"loss": 0.0}) for step in range(20, 101, 20)]


def test_a_window_averages_the_log_and_not_the_checkpoints():
    rule = ThresholdRule((Bound("loss", "max", 0.4, window=2),))
    plan = make_plan(catalog(EVERY_20, log=LOG), policy(rule), now=NOW)
    # Every checkpoint was saved at a low of the log: the mean of two is 0.5 throughout.
    assert [d.checkpoint.step for d in plan.decisions if d.action is Action.DELETE] == [
        20,
        40,
        60,
        80,
    ]
    assert reasons_of(plan, 60) == ["loss (mean of 2) 0.5 is not at most 0.4"]


def test_survivors_are_judged_by_the_same_mean_as_before():
    log = {"loss": [(step, 1 / step) for step in range(1, 101)]}
    rule = ThresholdRule((Bound("loss", "max", 0.02, window=10),))
    run = [checkpoint(step, metrics={"loss": 1 / step}) for step in range(5, 101, 5)]
    once = kept_steps(make_plan(catalog(run, log=log), policy(rule), now=NOW))
    left = [one for one in run if one.step in once]
    assert kept_steps(make_plan(catalog(left, log=log), policy(rule), now=NOW)) == once
    assert once == [55, 60, 65, 70, 75, 80, 85, 90, 95, 100]


def test_the_log_tells_what_a_checkpoint_does_not_at_its_very_step():
    run = catalog(
        [checkpoint(10), checkpoint(15), checkpoint(20)], log={"loss": [(10, 0.5), (20, 0.5)]}
    )
    rule = ThresholdRule((Bound("loss", "max", 0.1),))
    assert kept_steps(make_plan(run, policy(rule), now=NOW)) == [15, 20]


def test_without_a_log_a_window_knows_nothing_and_drops_nothing():
    rule = ThresholdRule((Bound("loss", "max", 0.4, window=5),))
    plan = make_plan(catalog(EVERY_20), policy(rule), now=NOW)
    assert plan.summary.delete == 0
    assert "4 stay only because their metric is unknown" in plan.warnings[0]


def test_a_spike_in_the_window_does_not_pass_and_does_not_linger():
    log = {"loss": [(1, 1e300), (2, math.nan), (3, 0.1), (4, 0.1), (5, 0.1), (6, 9.0)]}
    rule = ThresholdRule((Bound("loss", "max", 0.2, window=2),))
    run = catalog((checkpoint(s, metrics={"loss": 1.0}) for s in range(1, 7)), log=log)
    assert kept_steps(make_plan(run, policy(rule), now=NOW)) == [4, 5, 6]


def test_the_policy_of_the_brief_in_words():
    text = """
    keep:
      - threshold:
          loss: {max: 0.1}
          eval_loss: {max: 0.15}
    """
    asked = parse_policy(text, "p.yaml")
    assert asked.keep == (BOTH,)
    assert asked.sentence() == (
        "Keep whatever has loss at most 0.1 and eval_loss at most 0.15; delete the rest."
    )
    plan = make_plan(_run({1: (0.2, 0.3), 2: (0.09, 0.14), 3: (0.08, 0.2)}), asked, now=NOW)
    assert reasons_of(plan, 1) == [
        "loss 0.2 is not at most 0.1 and eval_loss 0.3 is not at most 0.15"
    ]
    assert reasons_of(plan, 2)[-1] == "loss 0.09, at most 0.1 and eval_loss 0.14, at most 0.15"


def test_a_metric_nobody_has_is_refused_by_its_field():
    rule = ThresholdRule((Bound("zeta", "max", 1),))
    with pytest.raises(Refusal, match=r"test: keep\[0\]\.threshold\.zeta: no checkpoint in"):
        make_plan(_run({1: (0.1, 0.2)}), policy(rule), now=NOW)
