"""What no policy deletes, and what a person may override by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from keepstep.policies import commit, scan
from keepstep.policies.catalog.model import Pin, State
from keepstep.policies.decisions import Action, Reason, Source
from keepstep.policies.explain import Explainer
from keepstep.policies.plan import make_plan
from keepstep.policies.rules.best import BestRule
from keepstep.policies.rules.counts import LastRule
from keepstep.policies.rules.threshold import Bound, ThresholdRule

from .catalogs import (
    NOW,
    catalog,
    checkpoint,
    kept_steps,
    policy,
    reasons_of,
    steps_catalog,
)
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


def test_the_best_by_a_rule_that_looks_at_one_series_only_stays_in_every_series():
    found = [
        checkpoint(step, family=family, metrics={"eval_loss": loss})
        for family in ("a/checkpoint-*", "b/checkpoint-*")
        for step, loss in ((100, 0.1), (200, 0.2), (300, 0.3))
    ]
    rules = policy(LastRule(1), BestRule("eval_loss", "min", only=("a/*",)))
    plan = make_plan(catalog(found), rules, now=NOW)
    assert kept_steps(plan) == [100, 300, 100, 300]
    assert "best metric" in _reasons(plan, "b/checkpoint-100")


def test_the_best_by_a_threshold_metric_stays_though_the_rule_does_not_keep_it():
    losses = {100: 0.5, 200: 0.9, 300: 0.8}
    run = catalog(checkpoint(s, metrics={"eval_loss": v}) for s, v in losses.items())
    rule = ThresholdRule((Bound("eval_loss", "max", 0.1),))
    plan = make_plan(run, policy(LastRule(1), rule), now=NOW)
    assert kept_steps(plan) == [100, 300]


def test_a_pointer_to_the_best_model_stays(tmp_path: Path):
    hugging_face(tmp_path, [100, 200, 300], best="/old/machine/run/checkpoint-100")
    plan = make_plan(scan(str(tmp_path)), ONE, now=NOW)
    assert kept_steps(plan) == [100, 300]
    assert reasons_of(plan, 100) == ["checkpoint-300/trainer_state.json points to it"]


def test_what_changed_since_the_scan_stays(tmp_path: Path):
    hugging_face(tmp_path, [100, 200, 300])
    plan = make_plan(scan(str(tmp_path)), ONE, now=NOW)
    (tmp_path / "checkpoint-100/model.safetensors").write_bytes(b"trained on")
    done = commit(plan)
    assert done.trashed == ("checkpoint-200",)
    assert [one.id for one in done.skipped] == ["checkpoint-100"]


# Every protection of a checkpoint, and the words it has in the plan, the review and JSON.
WORDS = {
    "pinned": ({"note": "figure 4"}, "pinned: figure 4"),
    "pointer": ({"by": ("best", "last")}, "best and last points to it"),
    "newest": ({}, "newest complete of its series"),
    "best metric": ({"metric": "loss", "mode": "min"}, "best loss (min)"),
    "open": ({"pid": 4242, "command": "python train.py", "others": 0},
             "open in pid 4242 (python train.py)"),
    "base of another": ({"path": "run-b/config.yaml", "holder": None},
                        "base of run-b (config.yaml)"),
    "resume source": ({"path": "args.json", "holder": None},
                      "resume source of the run (args.json)"),
    "linked": ({"path": "checkpoint-9/a/b", "holder": "checkpoint-9"},
               "checkpoint-9 links into it (b)"),
    "resume": ({}, "what training resumes from"),
    "best": ({}, "the copy that the framework keeps as its best"),
    "base": ({}, "what training started from"),
    "no number": ({}, "its step or epoch is not known"),
    "incomplete": ({"evidence": "no optimizer"}, "incomplete: no optimizer"),
    "being written": ({"evidence": ""}, "incomplete, being written"),
    "unreadable": ({"evidence": "I/O error"}, "cannot be read: I/O error"),
    "not sized": ({}, "not sized yet"),
    "restarted": ({"newest": "checkpoint-9"},
                  "saved after checkpoint-9, whose step is higher: a restarted run?"),
    "no rule here": ({}, "no rule of the policy looks at this series"),
}  # fmt: skip


@pytest.mark.parametrize("name", WORDS)
def test_each_protection_has_its_words(name: str):
    facts, words = WORDS[name]
    explainer = Explainer(make_plan(steps_catalog([100]), ONE, now=NOW))
    assert explainer.words(Reason(Source.PROTECTION, name, facts=facts)) == words
