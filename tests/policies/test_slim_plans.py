"""Three outcomes: what rules under `slim:` do beside those under `keep:`, and never do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keepstep.policies.catalog.model import (
    Catalog,
    Checkpoint,
    Kind,
    Measure,
    Pin,
    ResumeState,
    State,
)
from keepstep.policies.decisions import Action, Plan
from keepstep.policies.explain import Explainer
from keepstep.policies.plan import make_plan
from keepstep.policies.refusal import PolicyRefusal
from keepstep.policies.rules.counts import FirstRule, LastRule
from keepstep.policies.rules.every_steps import EveryStepsRule
from keepstep.policies.rules.policy import Policy
from keepstep.policies.rules.preset_files import load_policy
from keepstep.policies.rules.rule import Rule
from keepstep.policies.rules.schema import parse_policy

from .catalogs import NOW, catalog, checkpoint, reasons_of

OPTIMIZER = 600_000_000


def slimmable(step: int, **facts: object) -> Checkpoint:
    """One of a gigabyte, of which 600 MB are the optimizer's."""
    one = checkpoint(step, **facts)  # type: ignore[arg-type]
    assert one.measure
    names = (("optimizer.pt", Kind.FILE),)
    resume = ResumeState(one.id, names, (), Measure(OPTIMIZER, OPTIMIZER, 1, 0, ""))
    return replace(one, measure=replace(one.measure, resume=resume))


def lean(step: int) -> Checkpoint:
    """One that has been slimmed."""
    return replace(checkpoint(step), weights_only=True)


def plan_of(items: list[Checkpoint], keep: tuple[Rule, ...], slim: tuple[Rule, ...]) -> Plan:
    return make_plan(catalog(items), Policy("test", keep, slim=slim), now=NOW)


def outcomes(plan: Plan) -> str:
    """One letter each, oldest first: k, s or d."""
    assert list(plan.actions) == [one.action for one in plan.decisions]
    assert list(plan.actions) == [plan.decisions[i].action for i in range(len(plan.actions))]
    return "".join(action.value[0] for action in plan.actions)


TEN = [slimmable(step) for step in range(100, 1100, 100)]


@pytest.mark.parametrize(
    ("keep", "slim", "wanted"),
    [
        ((LastRule(3),), (LastRule(6),), "ddddssskkk"),
        ((LastRule(3),), (EveryStepsRule(1),), "ssssssskkk"),
        ((LastRule(3),), (FirstRule(1),), "sddddddkkk"),
        ((), (LastRule(3),), "dddddddssk"),  # the newest stays whole, whatever rules say
        ((EveryStepsRule(500),), (EveryStepsRule(100),), "sssskssssk"),
    ],
)
def test_outcomes(keep: tuple[Rule, ...], slim: tuple[Rule, ...], wanted: str):
    assert outcomes(plan_of(TEN, keep, slim)) == wanted


def test_bytes_and_counts():
    summary = plan_of(TEN, (LastRule(3),), (LastRule(6),)).summary
    assert (summary.keep, summary.slim, summary.delete, summary.going) == (3, 3, 4, 7)
    assert summary.freed.certain == 4 * 10**9 + 3 * OPTIMIZER


def test_reasons_of_each_outcome():
    plan = plan_of(TEN, (LastRule(3),), (EveryStepsRule(300),))
    assert reasons_of(plan, 1000) == ["newest complete of its series", "last 3"]
    assert reasons_of(plan, 300) == ["every 300 steps"]
    assert "every 300 steps keeps checkpoint-300 (its weights)" in reasons_of(plan, 200)


def test_what_cannot_be_slimmed_stays_whole_and_says_why():
    items = [checkpoint(100), slimmable(200), lean(300), slimmable(400)]
    plan = plan_of(items, (LastRule(1),), (EveryStepsRule(1),))
    assert outcomes(plan) == "kskk"
    why = reasons_of(plan, 100)
    assert why[-1] == "kept whole: nothing in it is known to be for resuming alone"
    assert reasons_of(plan, 300)[-1] == "already weights only"


def test_every_protection_keeps_it_whole():
    items = [
        slimmable(100),
        slimmable(200, pointed_to_by=("best",)),
        slimmable(300, state=State.INCOMPLETE),
        slimmable(400),
        slimmable(500),
    ]
    slim = Policy("test", (), slim=(EveryStepsRule(1),))
    pins = {"checkpoint-400": Pin("checkpoint-400")}
    plan = make_plan(catalog(items), slim, pins=pins, now=NOW)
    assert outcomes(plan) == "skkkk"


def test_the_best_by_a_metric_that_only_a_slim_rule_names_stays_whole():
    items = [slimmable(step, metrics={"loss": float(step)}) for step in (100, 200, 300, 400)]
    text = "keep: [last: 1]\nslim: [best: {metric: loss, mode: min, count: 2}]"
    plan = make_plan(catalog(items), parse_policy(text, "t"), now=NOW)
    assert outcomes(plan) == "ksdk"


def test_the_newest_that_can_be_resumed_stays_whole_beside_the_newest():
    items = [slimmable(100), slimmable(200), lean(300), lean(400)]
    for keep, slim in (((), (LastRule(4),)), ((LastRule(1),), ())):
        plan = plan_of(items, keep, slim)
        decision = plan.decisions[1]
        assert decision.action is Action.KEEP
        assert "the newest that training can resume from" in reasons_of(plan, 200)
        assert plan.decisions[3].action is Action.KEEP


def test_hand_marks_slim_and_deletion_goes_first():
    ids = [one.id for one in TEN]
    plan = make_plan(
        catalog(TEN),
        Policy("test", (LastRule(5),)),
        marks=frozenset(ids[1:3]),
        slim_marks=frozenset([ids[0], ids[2], ids[7], ids[9]]),
        now=NOW,
    )
    assert outcomes(plan) == "sddddkkskk"  # the newest is protected from both
    assert Explainer(plan).short(plan.decisions[7]) == "marked by hand to keep only the weights"


def test_tiers_are_shown_where_only_a_slim_rule_has_them():
    text = "keep: [last: 3]\nslim: [graduated: {last: 4, tier2_count: 2, tier3_interval: 500}]"
    plan = make_plan(catalog(TEN), parse_policy(text, "t"), now=NOW)
    assert [one.tier for one in plan.decisions] == [3, 3, 3, 3, 2, 2, 1, 1, 1, 1]
    assert outcomes(plan) == "ddddssskkk"


def test_the_preset_of_the_reference():
    policy = load_policy("weights-history")
    assert policy.sentence() == (
        "Keep the last 3 and the best by eval_loss (min); keep only the weights of the last 20, "
        "every other one of the 20 before them and one every 1000 steps of all older; delete the "
        "rest."
    )
    assert parse_policy(str(policy.document()), "again").document() == policy.document()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("slim: []", "slim (line 1): must be a list with at least one rule"),
        ("keep: [last: 3]\nslim: [last: 0]", "slim[0].last"),
        ("keep: [last: 3]\nslim: [lats: 5]", "slim[0] (line 2): unknown rule 'lats'"),
        ("keep: [last: 9]\nslim: [last: 3]", "slim[0].last (line 2): last 3 adds nothing"),
        ("slim: [last: 3, last: 3]", "slim[1].last (line 1): last 3 adds nothing"),
        ("slim: [{last: 3}, {last: 5}]", "slim[0].last (line 1): last 3 adds nothing"),
        ("name: x", "keep"),
    ],
)
def test_refusals_name_the_field(text: str, words: str):
    with pytest.raises(PolicyRefusal) as refused:
        parse_policy(text, "p.yaml")
    assert words in str(refused.value)


def test_a_metric_that_nobody_has_is_refused_by_its_field():
    text = "keep: [last: 1]\nslim: [best: {metric: wer, mode: min, count: 1}]"
    with pytest.raises(PolicyRefusal, match=r"slim\[0\]\.best\.metric"):
        make_plan(catalog(TEN), parse_policy(text, "p.yaml"), now=NOW)


RULES = st.one_of(
    st.integers(1, 12).map(LastRule),
    st.integers(1, 12).map(FirstRule),
    st.integers(1, 700).map(EveryStepsRule),
)
LISTS = st.lists(RULES, max_size=3).map(tuple)
ITEMS = st.dictionaries(
    st.integers(1, 1500), st.sampled_from([slimmable, lean, checkpoint]), min_size=1, max_size=15
).map(lambda found: [make(step) for step, make in sorted(found.items())])
HARDNESS = {Action.KEEP: 0, Action.SLIM: 1, Action.DELETE: 2}


@settings(max_examples=200, deadline=None)
@given(ITEMS, LISTS, LISTS, RULES, st.booleans())
def test_a_further_rule_never_makes_anything_harder(
    items: list[Checkpoint],
    keep: tuple[Rule, ...],
    slim: tuple[Rule, ...],
    more: Rule,
    whole: bool,
):
    if not keep and not slim:
        return
    before = plan_of(items, keep, slim)
    after = plan_of(items, (*keep, more), slim) if whole else plan_of(items, keep, (*slim, more))
    for one, other in zip(before.actions, after.actions, strict=True):
        assert HARDNESS[other] <= HARDNESS[one]


@settings(max_examples=200, deadline=None)
@given(ITEMS, LISTS, LISTS)
def test_slim_rules_never_save_whole_what_they_could_slim_nor_slim_what_is_kept(
    items: list[Checkpoint], keep: tuple[Rule, ...], slim: tuple[Rule, ...]
):
    if not keep and not slim:
        return
    plan = plan_of(items, keep, slim)
    all_whole = plan_of(items, (*keep, *slim), ())
    for one, other in zip(plan.decisions, all_whole.decisions, strict=True):
        assert (one.action is Action.DELETE) == (other.action is Action.DELETE)
        assert one.reasons or one.action is Action.DELETE
    assert plan.summary.freed.certain == sum(
        one.unit.measure.disk for one in plan.decisions if one.action is not Action.KEEP
    )
    newest = [one for one in items if not one.weights_only]
    kept = {one.checkpoint.id: one.action for one in plan.decisions}
    assert kept[items[-1].id] is Action.KEEP
    if items[-1].weights_only and newest:
        assert kept[newest[-1].id] is Action.KEEP


@settings(max_examples=100, deadline=None)
@given(ITEMS, LISTS, LISTS)
def test_planning_again_after_slimming_changes_nothing_more(
    items: list[Checkpoint], keep: tuple[Rule, ...], slim: tuple[Rule, ...]
):
    if not keep and not slim:
        return
    plan = plan_of(items, keep, slim)
    after = [
        lean(one.checkpoint.step or 0) if one.action is Action.SLIM else one.checkpoint
        for one in plan.decisions
        if one.action is not Action.DELETE
    ]
    again = make_plan(Catalog("/r", (), tuple(after)), plan.policy, now=NOW)
    assert again.summary.going == 0
