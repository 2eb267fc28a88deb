"""What no policy deletes, and what a person may override by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from keepstep.policies import scan
from keepstep.policies.catalog.model import Pin, State
from keepstep.policies.decisions import Action
from keepstep.policies.explain import Explainer
from keepstep.policies.plan import make_plan
from keepstep.policies.rules.best import BestRule
from keepstep.policies.rules.counts import LastRule

from .catalogs import NOW, catalog, checkpoint, kept_steps, policy, steps_catalog
from .trees import hugging_face, set_saved, torch_zip

ONE = policy(LastRule(1))


def _reasons(plan, name: str) -> list[str]:
    decision = next(d for d in plan.decisions if d.checkpoint.id == name)
    return [reason.name for reason in decision.reasons]


def test_a_pinned_one_stays_with_its_note():
    pins = {"checkpoint-100": Pin("checkpoint-100", note="figure 4")}
    plan = make_plan(steps_catalog([100, 200, 300]), ONE, pins=pins, now=NOW)
    assert kept_steps(plan) == [100, 300]
    assert Explainer(plan).short(plan.decisions[0]) == "pinned: figure 4"


def test_the_newest_complete_stays_when_the_newest_is_torn():
    run = catalog([checkpoint(100), checkpoint(200), checkpoint(300, state=State.INCOMPLETE)])
    plan = make_plan(run, ONE, now=NOW)
    assert kept_steps(plan) == [200, 300]
    assert "newest" in _reasons(plan, "checkpoint-200")


def test_pointer_targets_stay():
    run = catalog([checkpoint(100, pointed_to_by=("best",)), checkpoint(200), checkpoint(300)])
    assert kept_steps(make_plan(run, ONE, now=NOW)) == [100, 300]


def test_best_newest_and_pointer_protect_independently():
    losses = {100: 0.1, 200: 0.9, 300: 0.8, 400: 0.7, 500: 0.6}
    run = catalog(checkpoint(s, metrics={"eval_loss": v}) for s, v in losses.items())
    plan = make_plan(run, policy(LastRule(2), BestRule("eval_loss", "min")), now=NOW)
    assert kept_steps(plan) == [100, 400, 500]
    assert "best metric" in _reasons(plan, "checkpoint-100")


def test_an_unreadable_one_stays_even_when_marked():
    run = catalog([checkpoint(100, state=State.UNREADABLE), checkpoint(200), checkpoint(300)])
    plan = make_plan(run, ONE, marks=frozenset({"checkpoint-100"}), now=NOW)
    assert kept_steps(plan) == [100, 300]


@pytest.mark.parametrize(("age", "kept"), [(60, [100, 200, 300]), (7 * 86400, [100, 200])])
def test_a_torn_one_goes_only_by_hand_and_only_when_nobody_writes(age: int, kept: list[int]):
    torn = checkpoint(300, state=State.INCOMPLETE, saved_at=NOW - age)
    run = catalog([checkpoint(100), checkpoint(200), torn])
    both = policy(LastRule(2))
    assert kept_steps(make_plan(run, both, now=NOW)) == [100, 200, 300]
    assert kept_steps(make_plan(run, both, marks=frozenset({"checkpoint-300"}), now=NOW)) == kept


def test_a_mark_deletes_what_a_rule_keeps_but_not_what_is_protected():
    marks = frozenset({"checkpoint-200", "checkpoint-300"})
    plan = make_plan(steps_catalog([100, 200, 300]), policy(LastRule(3)), marks=marks, now=NOW)
    assert kept_steps(plan) == [100, 300]
    assert Explainer(plan).why_protected(plan.decisions[2]) == "newest complete of its series"


def test_without_a_policy_everything_stays():
    plan = make_plan(steps_catalog([100, 200, 300]), None, now=NOW)
    assert plan.summary.delete == 0
    assert Explainer(plan).short(plan.decisions[0]) == "no rule is on"


def test_a_policy_without_rules_deletes_nothing():
    plan = make_plan(steps_catalog([100, 200, 300]), policy(), now=NOW)
    assert plan.summary.delete == 0


def test_a_run_restarted_in_its_directory_keeps_both_and_says_so(tmp_path: Path):
    hugging_face(tmp_path, [500, 600, 700])
    for step in (500, 600, 700):
        set_saved(tmp_path / f"checkpoint-{step}", NOW - 86400)
    hugging_face(tmp_path, [100])
    set_saved(tmp_path / "checkpoint-100", NOW)
    plan = make_plan(scan(str(tmp_path)), policy(LastRule(3)), now=NOW)
    assert kept_steps(plan) == [100, 500, 600, 700]
    assert "restarted" in plan.warnings[0]


def test_a_time_from_1970_decides_nothing(tmp_path: Path):
    hugging_face(tmp_path, [400, 600, 800, 1000])
    set_saved(tmp_path / "checkpoint-1000", 0)
    plan = make_plan(scan(str(tmp_path)), policy(LastRule(3)), now=NOW)
    assert kept_steps(plan) == [600, 800, 1000]


def test_rounds_of_torn_saves_do_not_push_out_the_good_ones():
    good = [checkpoint(step) for step in (1, 2, 3, 4, 5)]
    torn = [checkpoint(step, state=State.INCOMPLETE) for step in range(6, 16)]
    plan = make_plan(catalog([*good, *torn]), policy(LastRule(3)), now=NOW)
    complete = [d.checkpoint.step for d in plan.decisions
                if d.action is Action.KEEP and d.checkpoint.state is State.COMPLETE]  # fmt: skip
    assert complete == [3, 4, 5]


def test_last_copies_stay(tmp_path: Path):
    for epoch in range(5):
        torch_zip(tmp_path / f"epoch={epoch}-step={epoch * 10}.ckpt")
    torch_zip(tmp_path / "last.ckpt")
    plan = make_plan(scan(str(tmp_path)), ONE, now=NOW)
    kept = {d.checkpoint.id for d in plan.decisions if d.action is Action.KEEP}
    assert kept == {"epoch=4-step=40.ckpt", "last.ckpt"}
