"""The best, told honestly: what is as good within the noise, and the best that nobody saved."""

from __future__ import annotations

from dataclasses import replace

from keepstep.policies.best_report import best_reports
from keepstep.policies.catalog.model import Catalog, State
from keepstep.policies.rules.best import BestRule

from .catalogs import catalog, checkpoint, policy

# Differences of 0.02 up and down; the best evaluation is at 900.
VALUES = [0.50, 0.52, 0.50, 0.52, 0.50, 0.52, 0.50, 0.52, 0.46, 0.52, 0.49, 0.60]
LOGGED = dict(zip(range(100, 1300, 100), VALUES, strict=True))


def _run(*steps: int, selects_by: tuple[str, str] | None = ("eval_loss", "min")) -> Catalog:
    items = [checkpoint(step, metrics={"eval_loss": LOGGED[step]}) for step in steps]
    found = catalog(items, log={"eval_loss": tuple(LOGGED.items())})
    return replace(found, series=tuple(replace(s, selects_by=selects_by) for s in found.series))


def test_the_best_that_was_never_saved():
    [report] = best_reports(_run(500, 1000, 1200), None)
    assert report.unsaved == (900, 0.46)
    assert list(report.sentences()) == [
        "checkpoint-*: the best eval_loss (0.46) was measured at step 900, of which there is no "
        "checkpoint; the best that is there is checkpoint-500 (0.5)",
        "checkpoint-*: 1 other is as good as the best eval_loss (checkpoint-500, 0.5) within the "
        "noise of 0.037",
    ]


def test_what_is_as_good_as_the_best():
    found = _run(500, 900, 1000, 1100, 1200)
    [report] = best_reports(found, None)
    words = {one.step: report.words_for(one) for one in found.checkpoints}
    assert report.unsaved is None
    assert words == {
        500: "",
        900: "the best eval_loss that is there, and 1 as good within the noise of 0.037",
        1000: "",
        1100: "as good as the best eval_loss (checkpoint-900, 0.46) within the noise of 0.037",
        1200: "",
    }


def test_an_unfinished_checkpoint_is_no_best():
    found = _run(500, 900)
    torn = replace(found.checkpoints[1], state=State.INCOMPLETE)
    [report] = best_reports(replace(found, checkpoints=(found.checkpoints[0], torn)), None)
    assert (report.best.step, report.unsaved) == (500, (900, 0.46))


def test_every_metric_that_judges_a_series_has_a_report():
    rule = BestRule("eval_loss", "max")
    assert not list(best_reports(_run(500, 900, selects_by=None), None))
    [report] = best_reports(_run(500, 900), policy(rule))
    assert (report.mode, report.best.step) == ("max", 500)
    assert not list(best_reports(_run(500, selects_by=None), policy(BestRule("other", "min"))))
