"""Orbax's own preservation policies on the inputs of our rules; run where Orbax is installed.

python -m venv .venv-orbax && .venv-orbax/bin/pip install orbax-checkpoint==0.12.8 '.[test]'
.venv-orbax/bin/python -m pytest -m real tests/real/test_orbax_policies.py
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from keepstep.policies.rules.best import BestRule
from keepstep.policies.rules.counts import LastRule
from keepstep.policies.rules.every_steps import EveryStepsRule
from keepstep.policies.rules.named import StepsRule

from ..policies.catalogs import checkpoint, survivors

pytestmark = pytest.mark.real
managers = pytest.importorskip("orbax.checkpoint.checkpoint_managers")


@dataclass
class Info:
    """What an Orbax policy looks at."""

    step: int
    metrics: dict[str, float] | None = None
    time: datetime = datetime(2025, 1, 1, tzinfo=UTC)


def _runs(seed: int) -> list[int]:
    chance = random.Random(seed)
    return sorted(chance.sample(range(5000), chance.randint(1, 60)))


def _orbax(policy: object, infos: list[Info]) -> set[int]:
    from orbax.checkpoint._src.checkpoint_managers import preservation_policy

    flags = policy.should_preserve(infos, context=preservation_policy.PreservationContext())
    return {info.step for info, kept in zip(infos, flags, strict=True) if kept}


@pytest.mark.parametrize("seed", range(100))
def test_counts_grids_and_steps(seed: int):
    steps = _runs(seed)
    infos = [Info(step) for step in steps]
    n, interval = seed % 20 + 1, 2 * seed + 51
    assert survivors(steps, LastRule(n)) == _orbax(managers.LatestN(n), infos)
    exact = _orbax(managers.EveryNSteps(interval), infos)
    assert survivors(steps, EveryStepsRule(interval, on_miss="none")) == exact | {steps[-1]}
    closest = _orbax(managers.EveryNStepsClosest(interval), infos)
    assert survivors(steps, EveryStepsRule(interval, on_miss="closest")) == closest


@pytest.mark.parametrize("seed", range(100))
@pytest.mark.parametrize("mode", ["min", "max"])
def test_best(seed: int, mode: str):
    chance = random.Random(seed)
    values = {s: chance.choice([None, 0.5, chance.uniform(-9, 9)]) for s in _runs(seed)}
    infos = [Info(s, None if v is None else {"m": v}) for s, v in values.items()]
    items = [checkpoint(s, metrics={} if v is None else {"m": v}) for s, v in values.items()]
    n = seed % 12 + 1
    policy = managers.BestN(get_metric_fn=lambda m: m["m"], reverse=mode == "min", n=n)
    assert {items[i].step for i in BestRule("m", mode, n).keeps(items)} == _orbax(policy, infos)


def test_custom_steps_and_a_union():
    steps = _runs(7)
    wanted = (steps[0], steps[len(steps) // 2], 99_999)
    union = managers.AnyPreservationPolicy([managers.LatestN(3), managers.EveryNSteps(50)])
    infos = [Info(step) for step in steps]
    ours = survivors(steps, LastRule(3), EveryStepsRule(50, on_miss="none"))
    assert ours == _orbax(union, infos)
    assert survivors(steps, StepsRule(wanted)) == {*wanted[:2], steps[-1]}
