"""Which metric the review puts first."""

from __future__ import annotations

from dataclasses import replace

from keepstep.policies.catalog.model import Catalog
from keepstep.policies.rules.best import BestRule
from keepstep.tui.review.inventory import inventory_of
from keepstep.tui.review.primary import shown_metrics
from keepstep.tui.review.slots import with_suggestions

from ..policies.catalogs import catalog, checkpoint, policy

METRICS = {"eval_accuracy": 0.5, "eval_loss": 1.0, "eval_smoothness": 2.0}


def _catalog(*choices: tuple[str, str] | None) -> Catalog:
    families = [f"{name}-*" for name in "ab"[: len(choices)]]
    found = catalog(checkpoint(10, family=family, metrics=METRICS) for family in families)
    pairs = zip(found.series, choices, strict=True)
    return replace(found, series=tuple(replace(one, selects_by=by) for one, by in pairs))


def _first(found: Catalog, *rules: BestRule) -> tuple[str, str | None]:
    counts = inventory_of(found).metrics
    shown = shown_metrics(found, counts, policy(*rules) if rules else None, apparent=False)
    return shown.metrics[0], shown.mode


def test_the_metric_that_the_run_selects_by_comes_first():
    assert _first(_catalog(None)) == ("eval_accuracy", "max")
    assert _first(_catalog(("eval_smoothness", "max"))) == ("eval_smoothness", "max")


def test_what_the_policy_judges_by_comes_before_that():
    chosen = _catalog(("eval_smoothness", "max"))
    assert _first(chosen, BestRule("eval_loss", "min")) == ("eval_loss", "min")


def test_runs_that_disagree_declare_no_direction():
    assert _first(_catalog(("eval_smoothness", "max"), ("eval_smoothness", "min")))[1] is None


def test_the_suggested_rule_takes_the_declared_direction():
    slots = with_suggestions((), _catalog(("eval_smoothness", "max")), "eval_smoothness")
    assert slots[0].rule == BestRule("eval_smoothness", "max", 3)
    assert not slots[0].on
