"""Forecasts: the published example, and a run whose future is known."""

from __future__ import annotations

import pytest
from keepstep.policies import Refusal
from keepstep.policies.forecast import DAY, estimate, forecast
from keepstep.policies.plan import make_plan
from keepstep.policies.rules.best import BestRule
from keepstep.policies.rules.calendar import DailyRule
from keepstep.policies.rules.counts import LastRule
from keepstep.policies.rules.graduated import GraduatedRule
from keepstep.policies.rules.rule import Rule
from keepstep.policies.rules.setting import utc
from keepstep.policies.rules.threshold import Bound, ThresholdRule

from .catalogs import GIGABYTE, NOW, catalog, checkpoint, policy

BALANCED = GraduatedRule(20, 20, 1000)


def test_the_published_example():
    found = estimate(policy(BALANCED), gap=100, steps=50_000, size=3_600_000_000)
    assert found.without.checkpoints == 500
    assert found.without.bytes == 1_800_000_000_000
    assert found.simple == 80  # 20 + 10 + 50
    # 47000 to 50000 are counted twice there: the long interval meets them in the finer tiers.
    assert found.kept.checkpoints == 76
    assert found.kept.bytes == 76 * 3_600_000_000


def _hourly(*rules: Rule, saves: int = 48, family: str = "checkpoint-*", ended: float = 0.0):
    """A save an hour, up to now or to some seconds before."""
    items = [
        checkpoint(
            100 * i,
            family=family,
            saved_at=NOW - ended - 3600 * (saves - i),
            metrics={"eval_loss": 1 / i},
        )
        for i in range(1, saves + 1)
    ]
    return items, make_plan(catalog(items), policy(*rules), now=NOW, local_time=utc)


def test_a_year_of_a_save_an_hour():
    _, plan = _hourly(LastRule(20))
    found = forecast(plan)
    assert [point.after for point in found.points] == ["a week", "a month", "6 months", "a year"]
    assert [point.without.checkpoints - 48 for point in found.points] == [168, 720, 4320, 8640]
    assert [point.kept.checkpoints for point in found.points] == [20] * 4
    assert found.points[0].kept.bytes == 20 * GIGABYTE
    assert found.steady
    [cadence] = found.cadences
    assert (cadence.gap, cadence.seconds, cadence.size) == (100, 3600, GIGABYTE)


def test_tiers_go_on_growing_by_one_an_interval():
    _, plan = _hourly(BALANCED)
    found = forecast(plan)
    assert not found.steady
    assert found.growth == pytest.approx(72 * GIGABYTE)  # 720 saves a month, one in ten stays


def test_the_forecast_is_what_the_rules_will_do():
    items, plan = _hourly(BALANCED, DailyRule(5), BestRule("eval_loss", "min", 2))
    week = forecast(plan).points[0]
    later = [
        checkpoint(4800 + 100 * i, saved_at=NOW + 3600 * i, metrics={"eval_loss": 1 / 48})
        for i in range(1, 169)
    ]
    then = make_plan(catalog([*items, *later]), plan.policy, now=NOW + 7 * DAY, local_time=utc)
    assert week.kept.checkpoints == then.summary.keep
    assert week.without.checkpoints == len(then.decisions)


def test_when_the_disk_fills():
    _, plan = _hourly(BALANCED)
    found = forecast(plan, free=100 * GIGABYTE)
    assert found.fills_without == pytest.approx(100 * 3600)
    # 148 checkpoints have room: with 20 + 10 recent ones, one in ten of the rest.
    assert found.fills_with == pytest.approx((1180 + 20) * 3600, rel=0.03)
    assert forecast(plan, free=10_000 * GIGABYTE).fills_with is None
    assert forecast(plan).fills_without is None


def test_a_thinned_history_does_not_slow_the_run_down():
    items, _ = _hourly(saves=500)
    left = [one for one in items if one.step % 5000 == 0 or one.step > 49_600]
    found = forecast(make_plan(catalog(left), policy(LastRule(3)), now=NOW))
    assert found.cadences[0].gap == 100
    assert found.cadences[0].seconds == 3600


def test_a_series_that_has_ended_stays_as_it_is():
    going, _ = _hourly()
    ended, _ = _hourly(family="old-*", ended=30 * DAY)
    plan = make_plan(catalog([*going, *ended]), policy(LastRule(5)), now=NOW)
    found = forecast(plan)
    assert [one.series for one in found.cadences] == ["checkpoint-*"]
    assert found.points[0].without.checkpoints == 96 + 168


def test_epochs_without_steps():
    items = [
        checkpoint(None, epoch=float(i), family="m_epoch*.pth", saved_at=NOW - 3600 * (30 - i))
        for i in range(1, 31)
    ]
    found = forecast(make_plan(catalog(items), policy(LastRule(5)), now=NOW))
    assert found.points[0].without.checkpoints == 30 + 168
    assert found.points[0].kept.checkpoints == 5


def test_a_mean_over_the_log_goes_on_too():
    items, _ = _hourly()
    run = catalog(items, log={"eval_loss": [(100 * i, 1 / i) for i in range(1, 49)]})
    rule = ThresholdRule((Bound("eval_loss", "max", 0.01, window=5),))
    found = forecast(make_plan(run, policy(rule), now=NOW))
    assert found.points[0].kept.checkpoints == 1


@pytest.mark.parametrize("times", [[NOW], [0, 0, 0]])
def test_a_run_without_a_cadence_is_refused(times: list[float]):
    run = catalog(checkpoint(100 * i, saved_at=time) for i, time in enumerate(times))
    with pytest.raises(Refusal, match="a forecast needs two checkpoints"):
        forecast(make_plan(run, policy(LastRule(1)), now=NOW))
