"""What must hold for every kind of rule together, over runs as odd as they come."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from keepstep.policies.catalog.model import Checkpoint, Pin, State
from keepstep.policies.decisions import Action
from keepstep.policies.explain import Explainer
from keepstep.policies.plan import make_plan
from keepstep.policies.rules.graduated import GraduatedRule
from keepstep.policies.rules.rule import Rule
from keepstep.policies.rules.schema import policy_of
from keepstep.policies.rules.setting import Setting, utc

from ..catalogs import NOW, catalog, policy
from .anything import ANY_RULE, GRADUATED, RULES, SCHEDULE_FREE, left_by, plan_of, run_of, runs

Items = list[Checkpoint]


def _ids(items: Items) -> set[str]:
    return {one.id for one in items}


@given(runs(), RULES)
def test_idempotent(items: Items, rules: list[Rule]):
    once = left_by(items, rules)
    assert _ids(left_by(once, rules)) == _ids(once)


@given(
    runs(orderly=True),
    st.lists(SCHEDULE_FREE, min_size=1, max_size=3),
    st.randoms(use_true_random=False),
)
def test_all_but_graduated_are_confluent_on_a_run_saved_in_the_order_of_its_steps(
    items: Items, rules: list[Rule], chance: random.Random
):
    """Rules by time need that order: a window that moves back in time has nothing to find there.

    The tiers have their own tests: confluent while the cadence holds, their long grid always.
    """
    alive: Items = []
    for one in items:
        alive.append(one)
        if chance.random() < 0.3:
            alive = left_by(alive, rules)
    assert _ids(left_by(alive, rules)) == _ids(left_by(items, rules))


@given(runs(), GRADUATED, RULES, st.randoms(use_true_random=False))
def test_however_odd_the_run_a_schedule_never_empties_it_nor_loses_the_newest(
    items: Items, rule: GraduatedRule, rules: list[Rule], chance: random.Random
):
    alive: Items = []
    for one in items:
        alive.append(one)
        if chance.random() < 0.3:
            alive = left_by(alive, [rule, *rules])
        assert one in alive


@given(runs(), RULES, ANY_RULE)
def test_monotone_where_a_rule_looks_already(items: Items, rules: list[Rule], more: Rule):
    """A first rule ends the rest of a series that no rule looked at; any further one only keeps."""
    assert _ids(left_by(items, rules)) <= _ids(left_by(items, [*rules, more]))


@given(runs(), RULES, st.data())
def test_a_pin_changes_only_its_own_decision(items: Items, rules: list[Rule], data: st.DataObject):
    pinned = data.draw(st.sampled_from([one.id for one in items]))
    run = run_of(items)
    without = make_plan(run, policy(*rules), now=NOW)
    with_pin = make_plan(run, policy(*rules), pins={pinned: Pin(pinned)}, now=NOW)
    for before, after in zip(without.decisions, with_pin.decisions, strict=True):
        if after.checkpoint.id == pinned:
            assert after.action is Action.KEEP
        else:
            assert (before.action, before.reasons) == (after.action, after.reasons)


@given(runs(), RULES, st.randoms(use_true_random=False))
def test_the_order_of_the_listing_decides_nothing(
    items: Items, rules: list[Rule], chance: random.Random
):
    shuffled = [*items]
    chance.shuffle(shuffled)
    assert _ids(left_by(shuffled, rules)) == _ids(left_by(items, rules))


@given(runs(), runs(), RULES)
def test_series_do_not_touch_each_other(items: Items, others: Items, rules: list[Rule]):
    critic = [replace(one, id=f"critic/{one.id}", series="critic/*") for one in others]
    alone, together = _ids(left_by(items, rules)), _ids(left_by([*items, *critic], rules))
    assert {name for name in together if not name.startswith("critic/")} == alone


@given(runs(), RULES)
def test_total_with_reasons_and_never_empty(items: Items, rules: list[Rule]):
    plan = plan_of(items, rules)
    explainer = Explainer(plan)
    assert len(plan.decisions) == len(items) == plan.summary.keep + plan.summary.delete
    for i, decision in enumerate(plan.decisions):
        assert decision == plan.decisions[i]
        assert decision.action is plan.actions[i]
        texts = [reason.text for reason in explainer.reasons(decision)]
        assert texts
        assert all(texts)
        assert explainer.short(decision)
    assert plan.decisions[-1].action is Action.KEEP


@given(runs(), RULES, st.data())
def test_incomplete_ones_fill_no_slot_and_are_not_deleted(
    items: Items, rules: list[Rule], data: st.DataObject
):
    torn = data.draw(st.sets(st.sampled_from([one.id for one in items])))
    broken = [replace(o, state=State.INCOMPLETE) if o.id in torn else o for o in items]
    whole = [one for one in items if one.id not in torn]
    assert _ids(left_by(broken, rules)) == torn | (_ids(left_by(whole, rules)) if whole else set())


@given(runs(), RULES, st.data())
def test_protections_dominate(items: Items, rules: list[Rule], data: st.DataObject):
    chosen = data.draw(st.sets(st.sampled_from([one.id for one in items])))
    pointed = [replace(o, pointed_to_by=("latest",)) if o.id in chosen else o for o in items]
    plan = make_plan(run_of(pointed), policy(*rules), marks=frozenset(chosen), now=NOW)
    kept = {d.checkpoint.id for d in plan.decisions if d.action is Action.KEEP}
    assert chosen <= kept


@given(runs(), ANY_RULE, ANY_RULE)
@settings(max_examples=600)
def test_what_a_rule_covers_it_keeps(items: Items, wide: Rule, narrow: Rule):
    assume(wide.covers(narrow))
    run = run_of(items)
    setting = Setting("checkpoint-*", run.series[0].metric_log, utc, NOW)
    kept = wide.keeps(run.checkpoints, setting).keys()
    assert narrow.keeps(run.checkpoints, setting).keys() <= kept


@given(runs(), ANY_RULE)
def test_every_rule_covers_itself_and_keeps_only_what_is_there(items: Items, rule: Rule):
    assert rule.covers(rule)
    kept = rule.keeps(catalog(items).checkpoints)
    assert kept.keys() <= set(range(len(items)))
    assert all(rule.words(facts) for facts in kept.values())


@given(st.lists(ANY_RULE, min_size=1, max_size=5))
def test_every_rule_goes_round_through_a_file(rules: list[Rule]):
    asked = policy(*(_sorted(rule) for rule in rules))
    assert policy_of(asked.document(), "test").keep == asked.keep
    assert asked.sentence().startswith("Keep ")


def _sorted(rule: Rule) -> Rule:
    """As parsing would leave it: listed steps in order, once."""
    return type(rule).parse(rule.value(), "test")
