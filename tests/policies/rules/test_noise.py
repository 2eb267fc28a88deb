"""The noise of a metric, and `best` with `within: noise`: a lucky evaluation does not decide."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keepstep.policies.explain import Explainer
from keepstep.policies.plan import make_plan
from keepstep.policies.rules.best import NOISE, BestRule
from keepstep.policies.rules.noise import FEWEST, noise_of

from ..catalogs import NOW, catalog, checkpoint, kept_steps, policy

FINITE = st.floats(-1e6, 1e6, allow_nan=False)


def _log(values: list[float]) -> list[tuple[int, float]]:
    return list(enumerate(values, start=1))


def test_the_noise_is_that_of_the_differences():
    draw = random.Random(7)
    values = [2.0 / (1 + i / 50) + draw.gauss(0, 0.01) for i in range(400)]
    # Two draws of deviation 0.01 differ with a deviation of 0.01 times the root of two.
    assert noise_of(_log(values)) == pytest.approx(0.01 * math.sqrt(2), rel=0.2)


def test_a_steep_beginning_and_a_few_jumps_are_no_noise():
    draw = random.Random(7)
    flat = [1 + draw.gauss(0, 0.01) for _ in range(100)]
    expected = noise_of(_log(flat))
    jumps = [value + (5 if i in (60, 80) else 0) for i, value in enumerate(flat)]
    beginning = [100 - i for i in range(99)]
    assert expected is not None
    assert noise_of(_log(jumps)) == pytest.approx(expected, rel=0.3)
    assert noise_of(_log([*beginning, *flat])) == pytest.approx(expected, rel=0.3)


@pytest.mark.parametrize(
    "values",
    [
        [],
        [0.5] * 100,
        [1 / 2**i for i in range(FEWEST - 1)],
        [math.nan] * 50 + [0.1, 0.2],
        [1.0 - i / 64 for i in range(64)],
    ],
    ids=["nothing", "constant", "too few", "hardly any finite", "a straight line"],
)
def test_noise_that_cannot_be_told_is_none(values: list[float]):
    assert noise_of(_log(values)) is None


@given(st.lists(st.one_of(FINITE, st.just(math.nan), st.just(math.inf))), st.sampled_from([2, 8]))
def test_noise_is_in_the_unit_of_the_metric(values: list[float], scale: int):
    noise = noise_of(_log(values))
    scaled = noise_of(_log([value * scale for value in values]))
    assert (noise is None) == (scaled is None)
    if noise is not None and scaled is not None:
        assert 0 < noise < math.inf
        assert scaled == pytest.approx(noise * scale)


# Differences of 0.02 up and down: noise of about 0.03.
WAVERING = [0.50, 0.52, 0.50, 0.52, 0.50, 0.52, 0.50, 0.52, 0.50, 0.47, 0.52, 0.49, 0.60]
LUCKY = dict(zip(range(100, 1400, 100), WAVERING, strict=True))


def _plan(*rules: BestRule, logged: bool = True):
    items = [checkpoint(step, metrics={"eval_loss": value}) for step, value in LUCKY.items()]
    log = {"eval_loss": tuple(LUCKY.items())} if logged else {}
    return make_plan(catalog(items, log=log), policy(*rules), now=NOW)


WITHIN: dict[str, tuple[BestRule, list[int]]] = {
    "exactly": (BestRule("eval_loss", "min"), [1000, 1300]),
    "within noise the newest; the exact best is protected": (
        BestRule("eval_loss", "min", within=NOISE),
        [1000, 1200, 1300],
    ),
    "two within noise": (BestRule("eval_loss", "min", 2, within=NOISE), [1000, 1200, 1300]),
    "three within noise": (BestRule("eval_loss", "min", 3, within=NOISE), [900, 1000, 1200, 1300]),
    "within a number": (BestRule("eval_loss", "min", within=0.02), [1000, 1200, 1300]),
    "within nothing": (BestRule("eval_loss", "min", within=0.001), [1000, 1300]),
}


@pytest.mark.parametrize("case", WITHIN)
def test_best_within(case: str):
    rule, expected = WITHIN[case]
    assert kept_steps(_plan(rule)) == expected


def test_without_a_log_the_exact_best_decides():
    rule = BestRule("eval_loss", "min", within=NOISE)
    plan = _plan(rule, logged=False)
    assert kept_steps(plan) == [1000, 1300]
    assert any("noise of eval_loss is not known" in warning for warning in plan.warnings)
    assert not any("noise" in warning for warning in _plan(rule).warnings)


def test_what_is_left_decides_the_same_again():
    rule = BestRule("eval_loss", "min", 2, within=NOISE)
    first = _plan(rule)
    left = [d.checkpoint for d in first.decisions if d.action.value == "keep"]
    again = make_plan(catalog(left, log={"eval_loss": tuple(LUCKY.items())}), policy(rule), now=NOW)
    assert again.summary.delete == 0


def test_best_within_says_why():
    plan = _plan(BestRule("eval_loss", "min", within=0.03))
    words = {d.checkpoint.step: Explainer(plan).reasons(d)[-1].text for d in plan.decisions}
    assert words[1200] == "eval_loss 0.49, as good as the best (0.47) within 0.03"
    assert words[900] == (
        "eval_loss 0.5, as good as the best (0.47) within 0.03; of those the newer are kept"
    )
    assert words[1100] == "8th best eval_loss (0.52); only the best is kept"
