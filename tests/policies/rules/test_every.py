"""Grids that count from elsewhere, and what stands in where the exact number is missing."""

from __future__ import annotations

import pytest
from keepstep.policies.plan import make_plan
from keepstep.policies.rules.every_steps import EveryEpochsRule, EveryStepsRule

from ..catalogs import NOW, catalog, checkpoint, kept_steps, policy, reasons_of, steps_catalog

TEN = range(100, 1001, 100)
CASES: dict[str, tuple[list[int], EveryStepsRule, list[int]]] = {
    "from an offset": ([*TEN], EveryStepsRule(300, 100), [100, 400, 700, 1000]),
    "the last before a missing multiple": ([100, 200, 400, 600], EveryStepsRule(300), [200, 600]),
    "exact multiples or nothing": (
        [100, 200, 400, 600, 700],
        EveryStepsRule(300, on_miss="none"),
        [600, 700],
    ),
    "exact multiples, none of which is there": (
        [101, 201, 301, 401],
        EveryStepsRule(100, on_miss="none"),
        [401],
    ),
    "exact multiples from an offset": (
        [*TEN],
        EveryStepsRule(300, 200, on_miss="none"),
        [200, 500, 800, 1000],
    ),
    "the closest, before or after": (
        [100, 290, 320, 580, 900, 1000],
        EveryStepsRule(300, on_miss="closest"),
        [100, 290, 580, 900, 1000],
    ),
    "of two equally close the later": (
        [280, 320, 600, 1000],
        EveryStepsRule(300, on_miss="closest"),
        [320, 600, 1000],
    ),
    "half way belongs to the next": (
        [150, 300, 450, 1000],
        EveryStepsRule(300, on_miss="closest"),
        [300, 450, 1000],
    ),
    "closest, from an offset": (
        [90, 120, 390, 1000],
        EveryStepsRule(300, 100, on_miss="closest"),
        [90, 390, 1000],
    ),
    "steps below the offset": ([5, 50, 90, 1000], EveryStepsRule(300, 200), [90, 1000]),
}


@pytest.mark.parametrize("case", CASES)
def test_steps_in_steps_out(case: str):
    steps, rule, expected = CASES[case]
    assert kept_steps(make_plan(steps_catalog(steps), policy(rule), now=NOW)) == expected


def test_epochs_with_fractions_in_between():
    epochs = [0.5, 1.0, 1.5, 2.0, 2.5, 4.0, 4.5, 5.5]
    run = catalog(checkpoint(None, epoch=e, family="m_epoch*.pth") for e in epochs)
    plan = make_plan(run, policy(EveryEpochsRule(2)), now=NOW)
    assert kept_steps(plan) == [2.0, 4.0, 5.5]


REASONS: dict[str, tuple[EveryStepsRule, int, str]] = {
    "exact": (EveryStepsRule(300), 600, "every 300 steps"),
    "in place of": (EveryStepsRule(350), 300, "every 350 steps, in place of 350"),
    "offset keeps": (EveryStepsRule(300, 100), 400, "every 300 steps from 100"),
    "offset misses": (
        EveryStepsRule(300, 100),
        300,
        "every 300 steps from 100 keeps checkpoint-400",
    ),
    "closest keeps": (
        EveryStepsRule(260, on_miss="closest"),
        300,
        "every 260 steps, closest to 260",
    ),
    "closest misses": (
        EveryStepsRule(260, on_miss="closest"),
        200,
        "every 260 steps keeps checkpoint-300",
    ),
    "exact ones keep": (EveryStepsRule(300, on_miss="none"), 600, "every 300 steps"),
    "exact ones miss": (
        EveryStepsRule(300, on_miss="none"),
        500,
        "every 300 steps keeps checkpoint-600",
    ),
    "nothing stands in": (
        EveryStepsRule(350, on_miss="none"),
        300,
        "every 350 steps keeps exact ones only, and 350 is missing",
    ),
}


@pytest.mark.parametrize("case", REASONS)
def test_reasons_in_words(case: str):
    rule, step, words = REASONS[case]
    assert reasons_of(make_plan(steps_catalog(TEN), policy(rule), now=NOW), step) == [words]


def test_labels_and_sentences():
    plain, shifted = EveryStepsRule(1000), EveryStepsRule(1000, 500, "none")
    assert (plain.label(), plain.sentence()) == ("every 1000 steps", "one every 1000 steps")
    assert shifted.sentence() == "one every 1000 steps from 500 (exact ones only)"
    assert plain.value() == 1000
    assert shifted.value() == {"every": 1000, "offset": 500, "on_miss": "none"}
