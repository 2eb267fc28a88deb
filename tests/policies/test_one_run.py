"""A plan about one run: what it deletes is deleted with all runs too, and needed by nobody."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from keepstep.policies.catalog.model import Catalog
from keepstep.policies.decisions import Action, Plan
from keepstep.policies.dependencies import dependencies
from keepstep.policies.explain import Explainer
from keepstep.policies.one_run import OneRun, only, sums_of
from keepstep.policies.plan import make_plan
from keepstep.policies.rules.counts import LastRule

from .catalogs import NOW, catalog, checkpoint, policy

STEPS = (100, 200, 300)
RUNS = ("a", "b")


def _run(series: str) -> OneRun:
    return OneRun(frozenset({f"{series}/*"}), frozenset())


def _linked(links: dict[str, str]) -> Catalog:
    """Two runs; each name links its weights into another checkpoint."""
    found = []
    for run in RUNS:
        for step in STEPS:
            one = checkpoint(step, family=f"{run}/*")
            assert one.measure is not None
            target = links.get(one.id)
            pairs = ((f"{one.id}/model.pt", f"../../{target}/model.pt"),) if target else ()
            with_links = replace(one.measure, links=pairs)
            found.append(replace(one, measure=with_links))
    return catalog(found)


def _gone(plan: Plan) -> set[str]:
    return {one.checkpoint.id for one in plan.decisions if one.action is Action.DELETE}


def test_what_would_go_with_what_needs_it_stays_when_that_stays():
    plan = make_plan(_linked({"b/100": "a/100"}), policy(LastRule(1)), now=NOW)
    assert _gone(plan) == {"a/100", "a/200", "b/100", "b/200"}
    alone = only(plan, _run("a"))
    assert _gone(alone) == {"a/200"}
    [decision] = [one for one in alone.decisions if one.checkpoint.id == "a/100"]
    assert Explainer(alone).reasons(decision)[0].text == "b/100 links into it (model.pt)"
    assert _gone(only(plan, _run("b"))) == {"b/100", "b/200"}


@given(
    st.dictionaries(
        st.sampled_from([f"{run}/{step}" for run in RUNS for step in STEPS]),
        st.sampled_from([f"{run}/{step}" for run in RUNS for step in STEPS]),
    ),
    st.sampled_from(RUNS),
    st.integers(1, 3),
)
def test_one_run_alone(links: dict[str, str], run: str, last: int):
    found = _linked(links)
    plan = make_plan(found, policy(LastRule(last)), now=NOW)
    alone = only(plan, _run(run))
    gone = _gone(alone)
    assert gone <= _gone(plan)
    assert all(id_.startswith(f"{run}/") for id_ in gone)
    for one in dependencies(found):
        holder, target = found.checkpoints[one.holder].id, found.checkpoints[one.target].id
        assert target not in gone or holder in gone
    sums = sums_of(plan, _run(run))
    assert (sums.delete, sums.keep) == (len(gone), len(STEPS) - len(gone))
    assert sums.freed == alone.summary.freed
    assert sums.total_bytes == alone.summary.total_bytes // 2
