"""What every union of rules must hold, over random series, pins and prune schedules."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keepstep.policies.catalog.model import Pin, State
from keepstep.policies.decisions import Action
from keepstep.policies.explain import Explainer
from keepstep.policies.plan import make_plan
from keepstep.policies.refusal import Refusal
from keepstep.policies.rules.best import BestRule
from keepstep.policies.rules.counts import FirstRule, LastRule
from keepstep.policies.rules.every_steps import EveryStepsRule
from keepstep.policies.rules.graduated import GraduatedRule
from keepstep.policies.rules.rule import Rule

from ..catalogs import NOW, catalog, checkpoint, policy, steps_catalog, survivors

STEPS = st.sets(st.integers(0, 3000), min_size=1, max_size=80)
REGULAR = st.builds(
    lambda cadence, offset, n, missing: (
        sorted(
            {offset + cadence * i for i in range(1, n)} - {offset + cadence * i for i in missing}
        )
        or [1]
    ),
    st.integers(1, 50),
    st.integers(0, 7),
    st.integers(2, 150),
    st.sets(st.integers(1, 150), max_size=2),
)
GRIDS: list[st.SearchStrategy[Rule]] = [
    st.builds(EveryStepsRule, st.integers(1, 700)),
    st.builds(LastRule, st.integers(1, 20)),
]
GRADUATED = st.builds(GraduatedRule, st.integers(2, 20), st.integers(1, 20), st.integers(1, 700))
ANY_RULE = st.one_of(*GRIDS, GRADUATED, st.builds(FirstRule, st.integers(1, 20)))
RULES = st.lists(ANY_RULE, min_size=1, max_size=3)


@given(STEPS, RULES)
def test_idempotent(steps: set[int], rules: list[Rule]):
    once = survivors(steps, *rules)
    assert survivors(once, *rules) == once


@given(
    STEPS, st.lists(st.one_of(*GRIDS), min_size=1, max_size=3), st.randoms(use_true_random=False)
)
def test_grids_and_ends_are_confluent_under_any_schedule(
    steps: set[int], rules: list[Rule], chance: random.Random
):
    alive: set[int] = set()
    for step in sorted(steps):
        alive.add(step)
        if chance.random() < 0.4:
            alive = survivors(alive, *rules)
    assert survivors(alive, *rules) == survivors(steps, *rules)


@given(
    st.integers(1, 60), st.integers(0, 9), st.integers(2, 200), GRADUATED,
    st.randoms(use_true_random=False),
)  # fmt: skip
@settings(max_examples=200)
def test_tiers_are_confluent_while_the_cadence_holds(
    cadence: int, offset: int, n: int, rule: GraduatedRule, chance: random.Random
):
    steps = [offset + cadence * i for i in range(1, n)]
    alive: set[int] = set()
    for step in steps:
        alive.add(step)
        if chance.random() < 0.3:
            alive = survivors(alive, rule)
    assert survivors(alive, rule) == survivors(steps, rule)


@given(STEPS, GRADUATED, st.randoms(use_true_random=False))
def test_whatever_the_cadence_does_the_coarse_grid_is_confluent(
    steps: set[int], rule: GraduatedRule, chance: random.Random
):
    alive: set[int] = set()
    for step in sorted(steps):
        alive.add(step)
        if chance.random() < 0.3:
            alive = survivors(alive, rule)
    coarse = survivors(steps, EveryStepsRule(rule.tier3_interval))
    assert coarse <= survivors(alive, rule)


@given(STEPS, RULES, ANY_RULE)
def test_monotone_adding_a_rule_never_deletes_more(steps: set[int], rules: list[Rule], more: Rule):
    assert survivors(steps, *rules) <= survivors(steps, *rules, more)


@given(STEPS, RULES, st.data())
def test_a_pin_changes_only_its_own_decision(
    steps: set[int], rules: list[Rule], data: st.DataObject
):
    run = steps_catalog(steps)
    pinned = f"checkpoint-{data.draw(st.sampled_from(sorted(steps)))}"
    without = make_plan(run, policy(*rules), now=NOW)
    with_pin = make_plan(run, policy(*rules), pins={pinned: Pin(pinned)}, now=NOW)
    for before, after in zip(without.decisions, with_pin.decisions, strict=True):
        if after.checkpoint.id == pinned:
            assert after.action is Action.KEEP
        else:
            assert (before.action, before.reasons) == (after.action, after.reasons)


@given(STEPS, STEPS, RULES)
def test_series_do_not_touch_each_other(one: set[int], other: set[int], rules: list[Rule]):
    both = catalog(
        [*(checkpoint(s) for s in one), *(checkpoint(s, family="critic-*") for s in other)]
    )
    plan = make_plan(both, policy(*rules), now=NOW)
    kept = {d.checkpoint.id for d in plan.decisions if d.action is Action.KEEP}
    alone = {f"checkpoint-{s}" for s in survivors(one, *rules)}
    assert {name for name in kept if name.startswith("checkpoint-")} == alone


@given(STEPS, RULES)
def test_total_and_never_empty(steps: set[int], rules: list[Rule]):
    plan = make_plan(steps_catalog(steps), policy(*rules), now=NOW)
    explainer = Explainer(plan)
    assert len(plan.decisions) == len(steps)
    assert all(explainer.reasons(decision) for decision in plan.decisions)
    assert plan.summary.keep >= 1
    assert plan.summary.keep + plan.summary.delete == len(steps)
    newest = next(d for d in plan.decisions if d.checkpoint.step == max(steps))
    assert newest.action is Action.KEEP


@given(STEPS, st.sets(st.integers(0, 3000), max_size=10), RULES)
def test_incomplete_ones_fill_no_slot_and_are_not_deleted(
    steps: set[int], torn: set[int], rules: list[Rule]
):
    torn -= steps
    run = catalog(
        [
            *(checkpoint(s) for s in steps),
            *(checkpoint(s, state=State.INCOMPLETE) for s in torn),
        ]
    )
    plan = make_plan(run, policy(*rules), now=NOW)
    kept = {d.checkpoint.step for d in plan.decisions if d.action is Action.KEEP}
    assert kept == survivors(steps, *rules) | torn


METRICS = st.dictionaries(
    st.integers(0, 500),
    st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True)),
    min_size=1,
    max_size=40,
)


@given(METRICS, st.sampled_from(["min", "max"]), st.integers(1, 5))
def test_best_with_any_numbers(values: dict[int, float | None], mode: str, count: int):
    run = catalog(
        checkpoint(step, metrics={} if value is None else {"m": value})
        for step, value in values.items()
    )
    finite = [v for v in values.values() if v is not None and math.isfinite(v)]
    if not finite:
        with pytest.raises(Refusal):
            make_plan(run, policy(BestRule("m", mode, count)), now=NOW)
        return
    plan = make_plan(run, policy(BestRule("m", mode, count)), now=NOW)
    kept = {d.checkpoint.step for d in plan.decisions if d.action is Action.KEEP}
    best = min(finite) if mode == "min" else max(finite)
    assert any(values[step] == best for step in kept if step is not None)
    assert {step for step, value in values.items() if value is None} <= kept
    assert survivors_again(run, kept, mode, count) == kept


def survivors_again(run, kept: set[int | None], mode: str, count: int) -> set[int | None]:
    """The steps that stay when the same rule sees only the survivors."""
    left = catalog(one for one in run.checkpoints if one.step in kept)
    plan = make_plan(left, policy(BestRule("m", mode, count)), now=NOW)
    return {d.checkpoint.step for d in plan.decisions if d.action is Action.KEEP}
