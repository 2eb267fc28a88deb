"""What keys do to the model: cursor, marks, pins and switches, all kept under ids."""

from __future__ import annotations

from dataclasses import replace

import pytest
from keepstep.policies.catalog.model import Pin, State
from keepstep.policies.catalog.scan_event import Found, Named, Sized
from keepstep.policies.decisions import Decision
from keepstep.policies.judgement import Judgement
from keepstep.policies.rules.best import BestRule
from keepstep.policies.rules.counts import LastRule
from keepstep.policies.rules.policy import Policy
from keepstep.tui.review.filtering import FilterError
from keepstep.tui.review.glyphs import ASCII
from keepstep.tui.review.model import ReviewModel
from keepstep.tui.review.ordering import Column
from keepstep.tui.review.sums import freed_words, title_facts
from keepstep.tui.review.timeline import Timeline

from ..policies.catalogs import NOW, catalog
from .models import deleted, model_of, one, rescan, run, steps


def test_newest_stands_at_the_top_under_the_cursor():
    model = model_of(run(), LastRule(3))
    assert steps(model)[:3] == [1000, 900, 800]
    assert model.cursor == "checkpoint-1000"


def test_the_plan_is_that_of_the_switches():
    model = model_of(run(), LastRule(3))
    assert deleted(model) == {100, 200, 300, 400, 500, 600, 700}


def test_without_a_rule_nothing_goes():
    model = model_of(run(), LastRule(3))
    model.toggle(0)
    assert deleted(model) == set()
    assert model.plan.policy is None


def test_a_switched_on_suggestion_keeps_more():
    model = model_of(run(), LastRule(1))
    labels = [slot.rule.label() for slot in model.slots]
    before = deleted(model)
    model.toggle(labels.index("best 3 eval_loss (min)"))
    assert before - deleted(model) == {900, 800}


def test_a_digit_without_a_rule_does_nothing():
    model = model_of(run(), LastRule(1))
    before = model.plan
    model.toggle(8)
    assert model.plan is before


def test_a_policy_that_asks_for_an_unknown_metric_goes_off_as_a_whole():
    model = model_of(run(), BestRule("accuracy", "max"), LastRule(1))
    assert deleted(model) == set()
    assert "accuracy" in model.message
    assert not any(slot.on for slot in model.slots)


def test_a_rule_that_is_refused_stays_off_and_the_others_on():
    model = model_of(run(), LastRule(2))
    model.slots = [*model.slots, model.slots[0].__class__(BestRule("accuracy", "max"), on=False)]
    model.toggle(len(model.slots) - 1)
    assert "accuracy" in model.message
    assert model.slots[0].on
    assert not model.slots[-1].on
    assert deleted(model) == {100, 200, 300, 400, 500, 600, 700, 800}


def test_marks_sort_filter_and_cursor_survive_a_rescan():
    model = model_of(run(), LastRule(10))
    model.sort_by(Column.METRIC)
    model.set_filter("step>300")
    model.move_to(2)
    cursor = model.cursor
    model.toggle_marks(["checkpoint-500"])
    rescan(model, run([*range(100, 1100, 100), 1100]))
    assert model.marks == {"checkpoint-500"}
    assert model.cursor == cursor
    assert model.filter == "step>300"
    assert steps(model)[0] == 1100


def test_a_mark_goes_with_its_checkpoint():
    model = model_of(run(), LastRule(10))
    model.toggle_marks(["checkpoint-500"])
    rescan(model, run([100, 200, 1000]))
    assert model.marks == frozenset()


def test_the_cursor_of_a_vanished_row_stays_near():
    model = model_of(run(), LastRule(10))
    model.move_to(4)
    rescan(model, run([100, 200, 300, 400, 500, 700, 800, 900, 1000]))
    assert model.cursor_position == 4


def test_marks_follow_ids_through_every_order():
    model = model_of(run(), LastRule(10))
    model.toggle_marks(["checkpoint-300"])
    for column in Column:
        model.sort_by(column)
        model.sort_reversed()
    assert deleted(model) == {300}


def test_a_protected_row_is_not_marked_and_says_why():
    model = model_of(run(), LastRule(10))
    model.toggle_marks(["checkpoint-1000"])
    assert model.marks == frozenset()
    assert model.message == "not marked: newest complete of its series"


def test_a_range_marks_what_it_may_and_names_the_rest():
    model = model_of(run(), LastRule(10))
    model.anchor = model.cursor
    model.move_to(2)
    model.toggle_marks(model.selected())
    assert model.marks == {"checkpoint-900", "checkpoint-800"}
    assert model.message.startswith("2 marked; checkpoint-1000 not:")


def test_marking_a_marked_range_unmarks_it():
    model = model_of(run(), LastRule(10))
    for _ in range(2):
        model.toggle_marks(["checkpoint-300", "checkpoint-400"])
    assert model.marks == frozenset()


def test_a_pin_keeps_and_takes_a_mark_out_of_force():
    model = model_of(run(), LastRule(2))
    model.toggle_marks(["checkpoint-300"])
    model.set_pins({"checkpoint-300": Pin("checkpoint-300", "figure 4")})
    assert 300 not in deleted(model)


def test_rows_come_before_their_sizes_and_nothing_goes_until_sized():
    found = run()
    unsized = catalog(one(d, state=State.COMPLETE) for d in range(100, 1100, 100))
    bare = tuple(c.__class__(**{f: getattr(c, f) for f in c.__slots__} | {"measure": None})
                 for c in unsized.checkpoints)  # fmt: skip
    model = ReviewModel(found.root, Policy("mine", (LastRule(3),)), now=lambda: NOW)
    model.take([Found(bare)])
    assert len(model.visible) == 10
    assert deleted(model) == set()
    model.take([Named(found.__class__(found.root, found.series, bare))])
    assert deleted(model) == set()
    model.take([Sized(found.checkpoints[0])])
    assert deleted(model) == {100}
    assert model.scan_progress == (1, 10)


def test_while_rows_arrive_an_untouched_cursor_stays_at_the_top():
    model = ReviewModel("/runs/amy", None, now=lambda: NOW)
    model.take([Found(run([100, 200]).checkpoints)])
    model.take([Found(run([300]).checkpoints)])
    assert model.cursor_position == 0


def test_a_filter_that_cannot_be_understood_changes_nothing():
    model = model_of(run(), LastRule(3))
    model.set_filter("delete")
    with pytest.raises(FilterError):
        model.set_filter("sise>3G")
    assert model.filter == "delete"


def test_a_change_puts_no_decision_together_that_is_not_in_sight(monkeypatch: pytest.MonkeyPatch):
    built: list[int] = []
    build = Judgement.decision

    def one_by_one(self: Judgement, place: int) -> Decision:
        built.append(place)
        return build(self, place)

    def all_at_once(self: Judgement, actions: object) -> None:
        pytest.fail("every decision was put together")

    monkeypatch.setattr(Judgement, "decision", one_by_one)
    monkeypatch.setattr(Judgement, "decisions", all_at_once)
    model = model_of(run(range(100, 100_100, 100)), LastRule(3), LastRule(7))
    model.toggle(0)
    model.toggle_marks(["checkpoint-500"])
    model.sort_by(Column.DECISION)
    Timeline(model, ASCII)._make(100)
    seen = model.visible[:20]
    assert [d.action for d in seen] == ["delete"] * 20
    for text in ("delete step>50", "!keep tier:2", "eval_loss<0.3 age>1d", "protected"):
        model.set_filter(text)
    model.sort_by(Column.TIER)
    assert len(built) < 100


def test_rows_that_only_have_names_cannot_go_and_are_told_again():
    model = ReviewModel("/run", Policy("mine", (LastRule(1),)), now=lambda: NOW)
    names = [replace(each, measure=None) for each in run().checkpoints]
    model.take([Found(tuple(names[-3:]))])
    model.move_to(1)
    model.toggle_marks(model.selected())
    assert steps(model) == [1000, 900, 800]
    assert deleted(model) == set()
    assert not model.plan.summary.going
    model.take([Found(tuple(names))])
    assert steps(model) == list(range(1000, 0, -100))
    assert model.cursor == "checkpoint-900"
    assert not model.plan.summary.going


def test_what_is_known_by_names_alone_is_said_to_be_some():
    model = ReviewModel("/run", Policy("mine", (LastRule(1),)), now=lambda: NOW)
    model.take([Found(tuple(replace(each, measure=None) for each in run().checkpoints))])
    assert title_facts(model, None) == [("10 checkpoints so far", False)]
    assert "10 so far" in freed_words(model, ASCII)
    assert "keeps" not in freed_words(model, ASCII)
    model.take([Named(run())])
    assert title_facts(model, None)[0] == ("10 checkpoints", False)
    assert "deletes 9" in freed_words(model, ASCII)
