"""What a plan tells beside its decisions; none of it changes one."""

from __future__ import annotations

import pytest
from keepstep.policies.plan import make_plan
from keepstep.policies.rules.counts import LastRule
from keepstep.policies.rules.every_steps import EveryStepsRule
from keepstep.policies.rules.graduated import GraduatedRule
from keepstep.policies.rules.rule import Rule

from .catalogs import NOW, catalog, checkpoint, policy, steps_catalog

REGULAR = range(100, 17001, 100)
OFF_BY_ONE = range(101, 17002, 100)
CASES: dict[str, tuple[range, list[Rule], list[str]]] = {
    "tiers that nest": (REGULAR, [GraduatedRule(20, 20, 1000)], []),
    "a grid that fits": (REGULAR, [EveryStepsRule(1000)], []),
    "the newest interval is not finished": (range(100, 951, 100), [EveryStepsRule(1000)], []),
    "tiers that do not nest": (
        range(300, 60001, 300),
        [GraduatedRule(20, 20, 3100)],
        ["keep[0].graduated: in checkpoint-*, only 5 of 17", "no multiple of 600"],
    ),
    "a grid that is never met": (
        OFF_BY_ONE,
        [LastRule(3), EveryStepsRule(1000)],
        [
            "keep[1].every_steps: in checkpoint-*, only 0 of 17 intervals hold the exact number; "
            "another stands in"
        ],
    ),
    "a grid that keeps nothing": (
        OFF_BY_ONE,
        [LastRule(3), EveryStepsRule(1000, on_miss="none")],
        ["only 0 of 17 intervals hold the exact number; the others keep nothing"],
    ),
    "one of each series": (REGULAR, [LastRule(1)], ["`last: 1` alone leaves one checkpoint"]),
    "one beside a history": (REGULAR, [LastRule(1), EveryStepsRule(1000)], []),
    "a limit that fits nothing": (
        REGULAR,
        [LastRule(20), LastRule(30, only=("encoder-*",))],
        ["keep[1].last: only encoder-* matches no series here"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_warnings(case: str):
    steps, rules, expected = CASES[case]
    plan = make_plan(steps_catalog(steps), policy(*rules), now=NOW)
    assert len(plan.warnings) == len(expected)
    for said, part in zip(plan.warnings, expected, strict=True):
        assert part in said


def test_many_series_make_one_warning():
    run = catalog(checkpoint(s, family=f"{n}/checkpoint-*") for n in range(5) for s in OFF_BY_ONE)
    plan = make_plan(run, policy(LastRule(3), EveryStepsRule(1000)), now=NOW)
    assert plan.warnings == (
        "keep[1].every_steps: in 0/checkpoint-* (and 4 more series), only 0 of 17 intervals hold "
        "the exact number; another stands in for it in the others",
    )
