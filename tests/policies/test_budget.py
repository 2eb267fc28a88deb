"""Budgets: the gentlest change that frees enough, and an honest answer when nothing does."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keepstep.policies import Refusal, budget
from keepstep.policies.budget import Proposal, propose
from keepstep.policies.catalog.model import Pin
from keepstep.policies.decisions import Action
from keepstep.policies.plan import make_plan
from keepstep.policies.rules.best import BestRule
from keepstep.policies.rules.calendar import DailyRule
from keepstep.policies.rules.counts import LastRule
from keepstep.policies.rules.every_steps import EveryStepsRule
from keepstep.policies.rules.graduated import GraduatedRule
from keepstep.policies.rules.rule import Rule

from .catalogs import GIGABYTE, NOW, catalog, checkpoint, policy, steps_catalog

REGULAR = range(100, 17001, 100)


def _proposal(asked: int, *rules: Rule) -> Proposal:
    run = catalog(checkpoint(s, metrics={"m": -s}) for s in REGULAR)
    return propose(make_plan(run, policy(*rules), now=NOW), asked * GIGABYTE)


BALANCED = GraduatedRule(20, 20, 1000)
CASES: dict[str, tuple[int, Rule, Rule]] = {
    "enough as it is": (127, BALANCED, BALANCED),
    "first a longer interval": (130, BALANCED, GraduatedRule(20, 20, 2000)),
    "and a longer one": (136, BALANCED, GraduatedRule(20, 20, 3000)),
    "then less of the middle": (143, BALANCED, GraduatedRule(20, 10, 15000)),
    "then fewer of the newest": (150, BALANCED, GraduatedRule(15, 2, 15000)),
    "a grid": (160, EveryStepsRule(1000), EveryStepsRule(2000)),
    "an end": (160, LastRule(20), LastRule(10)),
}


@pytest.mark.parametrize("case", CASES)
def test_the_gentlest_change(case: str):
    asked, before, after = CASES[case]
    found = _proposal(asked, before)
    assert found.policy.keep == (after,)
    assert found.short == 0
    assert found.plan.summary.freed.certain >= asked * GIGABYTE


def test_it_says_what_it_changes():
    found = _proposal(130, BALANCED, BestRule("m", "min", missing="drop"))
    assert found.changes == ("tiers 20/20/2000 instead of tiers 20/20/1000",)
    assert found.sentence() == "frees 134 GB: tiers 20/20/2000 instead of tiers 20/20/1000"
    assert _proposal(1, BALANCED).sentence() == "frees 127 GB: the policy as it is"


def test_it_says_by_how_much_it_falls_short():
    found = _proposal(500, BALANCED)
    assert found.short == 500 * GIGABYTE - found.plan.summary.freed.certain
    assert "frees 500 GB: at most 166 GB" in found.sentence()
    assert "334 GB too little" in found.sentence()


def test_wishes_by_name_and_protections_stay():
    losses = {step: 1 / step if step % 300 else 9.0 for step in REGULAR}
    run = catalog(checkpoint(s, metrics={"eval_loss": v}) for s, v in losses.items())
    best = BestRule("eval_loss", "min", 5)
    plan = make_plan(
        run, policy(BALANCED, best), pins={"checkpoint-700": Pin("checkpoint-700")}, now=NOW
    )
    found = propose(plan, 1000 * GIGABYTE)
    assert best in found.policy.keep
    kept = {d.checkpoint.step for d in found.plan.decisions if d.action is Action.KEEP}
    assert {700, 17000, 16900, 16700, 16600, 16400} <= kept


def test_a_plan_without_a_policy_is_refused():
    with pytest.raises(Refusal, match="a budget needs a policy"):
        propose(make_plan(steps_catalog(REGULAR), None, now=NOW), 1)


RULES = st.lists(
    st.one_of(
        st.builds(GraduatedRule, st.integers(2, 30), st.integers(1, 30), st.integers(1, 900)),
        st.builds(LastRule, st.integers(1, 40)),
        st.builds(EveryStepsRule, st.integers(1, 500)),
        st.builds(DailyRule, st.integers(1, 40)),
    ),
    min_size=1,
    max_size=3,
)


@given(st.sets(st.integers(0, 3000), min_size=1, max_size=60), RULES, st.lists(st.integers(0, 70)))
@settings(max_examples=40)
def test_enough_or_the_most_and_more_asked_never_frees_less(
    steps: set[int], rules: list[Rule], asked: list[int]
):
    plan = make_plan(steps_catalog(steps), policy(*rules), now=NOW)
    most = propose(plan, 10**6 * GIGABYTE).plan.summary.freed.certain
    before = 0
    for amount in sorted(asked):
        found = propose(plan, amount * GIGABYTE)
        freed = found.plan.summary.freed.certain
        assert freed >= min(amount * GIGABYTE, most)
        assert found.short == max(0, amount * GIGABYTE - freed)
        assert before <= freed <= most
        before = freed


def test_the_number_of_plans_is_bounded(monkeypatch: pytest.MonkeyPatch):
    made = []
    real = budget.make_plan
    monkeypatch.setattr(budget, "make_plan", lambda *a, **k: made.append(1) or real(*a, **k))
    rules = (BALANCED, DailyRule(30), LastRule(90), EveryStepsRule(7))
    _proposal(10**6, *rules)
    assert 10 < len(made) <= budget.MOST_PLANS
