"""What is wanted by number or by name, and rules that concern some series only."""

from __future__ import annotations

import pytest
from keepstep.policies.decisions import Action
from keepstep.policies.explain import Explainer
from keepstep.policies.plan import make_plan
from keepstep.policies.rules.counts import LastRule
from keepstep.policies.rules.named import MatchRule, StepsRule
from keepstep.policies.rules.rule import Rule

from ..catalogs import NOW, catalog, checkpoint, kept_steps, policy, reasons_of, steps_catalog

TEN = range(100, 1001, 100)
CASES: dict[str, tuple[Rule, list[int]]] = {
    "listed steps": (StepsRule((200, 700, 750)), [200, 700, 1000]),
    "a pattern without a slash is of the last part": (MatchRule(("checkpoint-3*",)), [300, 1000]),
    "any of several patterns": (MatchRule(("*-100", "*-5??")), [100, 500, 1000]),
    "a pattern is matched in full": (MatchRule(("checkpoint-10",)), [1000]),
    "case counts": (MatchRule(("CHECKPOINT-*",)), [1000]),
}


@pytest.mark.parametrize("case", CASES)
def test_steps_in_steps_out(case: str):
    rule, expected = CASES[case]
    assert kept_steps(make_plan(steps_catalog(TEN), policy(rule), now=NOW)) == expected


def test_a_pattern_with_a_slash_is_of_the_whole_id():
    run = catalog(
        checkpoint(s, family=f"{model}/checkpoint-*") for s in (1, 2, 3) for model in ("a", "b")
    )
    plan = make_plan(run, policy(MatchRule(("a/*-1",))), now=NOW)
    kept = {d.checkpoint.id for d in plan.decisions if d.action is Action.KEEP}
    assert kept == {"a/checkpoint-1", "a/checkpoint-3", "b/checkpoint-3"}


REASONS: dict[str, tuple[Rule, int, str]] = {
    "steps keep": (StepsRule((200, 700)), 200, "step 200 is listed"),
    "steps miss": (StepsRule((200, 700)), 300, "not among the 2 listed steps"),
    "match keeps": (MatchRule(("*-3*",)), 300, "matches *-3*"),
    "match misses": (MatchRule(("*-3*", "*-4*")), 500, "its name does not match *-3* or *-4*"),
}


@pytest.mark.parametrize("case", REASONS)
def test_reasons_in_words(case: str):
    rule, step, words = REASONS[case]
    assert reasons_of(make_plan(steps_catalog(TEN), policy(rule), now=NOW), step) == [words]


def _two_models():
    families = ("run/encoder-*", "run/decoder-*")
    return catalog(checkpoint(s, family=family) for s in (1, 2, 3, 4) for family in families)


def _kept(plan) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for decision in plan.decisions:
        if decision.action is Action.KEEP:
            found.setdefault(decision.checkpoint.series, []).append(decision.checkpoint.step)
    return found


def test_rules_limited_to_series():
    rules = (LastRule(1, only=("*/encoder-*",)), LastRule(3, only=("*/decoder-*",)))
    plan = make_plan(_two_models(), policy(*rules), now=NOW)
    assert _kept(plan) == {"run/encoder-*": [4], "run/decoder-*": [2, 3, 4]}


def test_a_series_that_no_rule_looks_at_is_left_alone():
    plan = make_plan(_two_models(), policy(LastRule(1, only=("*/encoder-*",))), now=NOW)
    assert _kept(plan) == {"run/encoder-*": [4], "run/decoder-*": [1, 2, 3, 4]}
    assert reasons_of(plan, 1) == ["no rule of the policy looks at this series"]


def test_a_rule_that_does_not_look_gives_no_reason():
    rules = (LastRule(1), LastRule(2, only=("*/decoder-*",)))
    plan = make_plan(_two_models(), policy(*rules), now=NOW)
    deleted = next(d for d in plan.decisions if d.checkpoint.id == "run/encoder-1")
    assert deleted.action is Action.DELETE
    assert [r.text for r in Explainer(plan).reasons(deleted)] == [
        "4th newest; only the newest is kept"
    ]


def test_a_limit_is_said():
    rule = LastRule(3, only=("run*/encoder-*",))
    assert rule.label() == "last 3 in run*/encoder-*"
    assert policy(rule).sentence() == ("Keep the last 3 (only in run*/encoder-*); delete the rest.")
    assert rule.document() == {"last": 3, "only": "run*/encoder-*"}
