"""Slimming in the review: its switch, the mark by hand, the words, all without a screen."""

from __future__ import annotations

from keepstep.policies.compare import compare
from keepstep.policies.decisions import Action
from keepstep.policies.rules.counts import LastRule
from keepstep.policies.rules.every_steps import EveryStepsRule
from keepstep.policies.rules.policy import Policy
from keepstep.tui.compare_text import difference_lines
from keepstep.tui.review.filtering import parse_filter
from keepstep.tui.review.glyphs import UNICODE
from keepstep.tui.review.model import ReviewModel
from keepstep.tui.review.rows import described, sign_of

from ..policies.catalogs import catalog, checkpoint
from ..policies.test_slim_plans import lean, slimmable
from .models import model_of

RULES = Policy("mine", (LastRule(2),), slim=(EveryStepsRule(200),))


def opened(policy: Policy | None = None) -> ReviewModel:
    items = [lean(100), *(slimmable(step) for step in range(200, 900, 100)), checkpoint(900)]
    model = model_of(catalog([*items, slimmable(1000)]))
    if policy is not None:
        model.use(policy)
    return model


def actions(model: ReviewModel) -> str:
    return "".join(action.value[0] for action in model.plan.actions)


def test_a_digit_switches_a_slim_rule_like_any_other():
    model = opened(RULES)
    assert actions(model) == "dsdsdsdskk"
    assert [slot.label for slot in model.slots[:2]] == ["last 2", "slim: every 200 steps"]
    model.toggle(1)
    assert actions(model) == "ddddddddkk"
    model.toggle(1)
    model.toggle(0)
    assert actions(model) == "dsdsdsdsdk"
    assert model.plan.policy is not None
    assert [rule.kind for rule in model.plan.policy.slim] == ["every_steps"]
    model.toggle(1)
    assert model.plan.policy is None


def test_a_mark_by_hand_slims_what_can_be_and_names_the_rest():
    model = opened()
    model.toggle_slims(["checkpoint-200", "checkpoint-900"])
    assert model.slim_marks == {"checkpoint-200"}
    assert model.message == (
        "checkpoint-900 cannot be slimmed: nothing in it is known to be for resuming alone"
    )
    model.toggle_slims(["checkpoint-100"])
    assert "already weights only" in model.message
    model.toggle_slims(["checkpoint-1000"])
    assert "newest complete of its series" in model.message
    assert actions(model) == "kskkkkkkkk"
    model.toggle_slims(["checkpoint-200"])
    assert actions(model) == "k" * 10


def test_the_last_mark_by_hand_is_the_one_that_counts():
    model = opened()
    model.toggle_slims(["checkpoint-300"])
    model.toggle_marks(["checkpoint-300"])
    assert (model.marks, model.slim_marks) == ({"checkpoint-300"}, frozenset())
    model.toggle_slims(["checkpoint-300"])
    assert (model.marks, model.slim_marks) == (frozenset(), {"checkpoint-300"})
    assert model.plan.decisions[2].action is Action.SLIM


def test_what_is_slimmed_or_marked_so_has_a_sign_of_its_own():
    model = opened()
    model.toggle_slims(["checkpoint-300"])
    signs = [sign_of(decision, model, UNICODE)[0] for decision in model.plan.decisions]
    assert signs == [UNICODE.slimmed, " ", UNICODE.slimmed, *[" "] * 7]


def test_a_filter_finds_them():
    model = opened(RULES)
    test = parse_filter("slim", model.view())
    assert sum(map(test, range(len(model.plan.decisions)))) == 4


def test_plus_changes_the_value_of_a_slim_rule_and_it_stays_one():
    model = opened(RULES)
    model.toggle(1)
    assert model.changed
    model.change_value(True)
    assert model.slots[1].label == "slim: every 500 steps"
    assert actions(model) == "ddddsdddkk"
    assert model.changed
    assert model.plan.policy is not None
    found = compare(model.plan, model.plan_of(RULES))
    assert (
        difference_lines("now", "mine", found)[-1]
        == "mine keeps 4 checkpoints (4.0 GB) that now deletes"
    )


def test_a_mark_to_slim_is_something_to_lose():
    model = opened()
    assert not model.unsaved
    model.toggle_slims(["checkpoint-300"])
    assert model.unsaved
    model.note_kept()
    assert not model.unsaved
    model.toggle_slims(["checkpoint-400"])
    assert model.unsaved


def test_a_mark_to_slim_is_read_aloud():
    model = opened()
    model.toggle_slims(["checkpoint-300"])
    assert "marked to slim" in described(model.plan.decisions[2], model)
    assert "weights only" in described(model.plan.decisions[0], model)
