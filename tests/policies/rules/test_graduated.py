"""The three tiers: the worked example exactly, and the inputs that break other anchors."""

from __future__ import annotations

import pytest
from keepstep.policies.decisions import Action
from keepstep.policies.plan import make_plan
from keepstep.policies.rules.graduated import GraduatedRule

from ..catalogs import NOW, policy, steps_catalog, survivors

BALANCED = GraduatedRule(20, 20, 1000)
REGULAR = range(100, 17001, 100)
EXAMPLE = {
    *range(15100, 17001, 100),  # tier 1: 20
    *range(13200, 15001, 200),  # tier 2: 10
    *range(1000, 13001, 1000),  # tier 3: 13
}


def test_the_worked_example_keeps_43_of_170():
    assert survivors(REGULAR, BALANCED) == EXAMPLE
    assert len(EXAMPLE) == 43


def test_two_stray_old_steps_change_nothing():
    plan = make_plan(steps_catalog([*REGULAR, 50, 12345]), policy(BALANCED), now=NOW)
    assert survivors([*REGULAR, 50, 12345], BALANCED) == EXAMPLE
    assert (plan.summary.keep, plan.summary.delete) == (43, 129)


@pytest.mark.parametrize("cadence", [100, 117, 200, 250, 300, 400])
@pytest.mark.parametrize("prune_every", [1, 7, 10, 53])
def test_pruning_while_training_ends_like_pruning_once(cadence: int, prune_every: int):
    steps = range(cadence, cadence * 400, cadence)
    alive: set[int] = set()
    for i, step in enumerate(steps):
        alive.add(step)
        if i % prune_every == 0:
            alive = survivors(alive, BALANCED)
    assert survivors(alive, BALANCED) == survivors(steps, BALANCED)


def test_steps_that_are_off_by_one_keep_their_history():
    kept = survivors(range(101, 17002, 100), BALANCED)
    assert len(kept) == 43
    assert max(b - a for a, b in zip(sorted(kept), sorted(kept)[1:], strict=False)) <= 1000


def test_a_missing_multiple_is_replaced_by_the_last_before_it():
    kept = survivors([s for s in REGULAR if s != 7000], BALANCED)
    assert 6900 in kept
    assert len(kept) == 43


@pytest.mark.parametrize(("before", "after"), [(100, 200), (100, 300), (200, 100)])
def test_a_change_of_cadence_never_costs_a_multiple_of_the_interval(before: int, after: int):
    steps = [*range(before, 6001, before), *range(6000 + after, 60001, after)]
    alive: set[int] = set()
    for i, step in enumerate(steps):
        alive.add(step)
        if i % 10 == 0:
            alive = survivors(alive, BALANCED)
    thousands = {s for s in steps if s % 1000 == 0}
    assert thousands <= survivors(alive, BALANCED)


def test_fewer_than_two_in_tier_1_thin_nothing():
    assert survivors([500], BALANCED) == {500}


def test_epochs_serve_where_there_are_no_steps():
    from ..catalogs import catalog, checkpoint, kept_steps

    epochs = catalog(checkpoint(None, epoch=float(e), family="m_epoch*.pth") for e in range(1, 41))
    plan = make_plan(epochs, policy(GraduatedRule(10, 10, 10)), now=NOW)
    assert kept_steps(plan) == [10, 20, 22, 24, 26, 28, 30, *range(31, 41)]


def test_tiers_are_told_for_kept_and_deleted():
    plan = make_plan(steps_catalog(REGULAR), policy(BALANCED), now=NOW)
    tiers = {d.checkpoint.step: (d.tier, d.action) for d in plan.decisions}
    assert tiers[17000] == (1, Action.KEEP)
    assert tiers[13100] == (2, Action.DELETE)
    assert tiers[13000] == (3, Action.KEEP)
    assert tiers[12900] == (3, Action.DELETE)
