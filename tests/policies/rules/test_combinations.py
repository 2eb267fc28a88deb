"""Useless combinations are refused, naming both rules; useful ones are not."""

from __future__ import annotations

from pathlib import Path

import pytest
from keepstep.policies import Refusal
from keepstep.policies.rules.counts import LastRule
from keepstep.policies.rules.graduated import GraduatedRule
from keepstep.policies.rules.preset_files import save_preset
from keepstep.policies.rules.schema import parse_policy

from ..catalogs import policy

TIERS = "graduated: {last: 20, tier2_count: 20, tier3_interval: 1000}"
USELESS: dict[str, tuple[str, str, str]] = {
    "fewer of the last": ("last: 20", "last: 3", "last 3 adds nothing: keep[0].last (last 20)"),
    "twice the same": ("first: 3", "first: 3", "first 3 adds nothing: keep[0].first (first 3)"),
    "the last of tier 1": (TIERS, "last: 20", "keep[0].graduated (tiers 20/20/1000)"),
    "a grid inside tier 3": (TIERS, "every_steps: 2000", "keep[0].graduated"),
    "a grid inside a grid": ("every_steps: 500", "every_steps: 1000", "keep[0].every_steps"),
    "exact ones inside a grid": (
        "every_steps: {every: 500, offset: 100}",
        "every_steps: {every: 1000, offset: 600, on_miss: none}",
        "keep[0].every_steps (every 500 steps from 100)",
    ),
    "fewer days": ("daily: 30", "daily: 7", "daily 7 adds nothing"),
    "a shorter time": ("within: 7d", "within: 36h", "within 36h adds nothing"),
    "fewer of the best": (
        "best: {metric: eval_loss, count: 3}",
        "best: {metric: eval_loss}",
        "best 1 eval_loss (min) adds nothing",
    ),
    "some of the steps": ("steps: [100, 200, 300]", "steps: [200]", "step 200 adds nothing"),
    "some of the patterns": ("match: [a*, b*]", "match: [b*]", "match b* adds nothing"),
    "a stricter bound": (
        "threshold: {loss: {max: 0.2}}",
        "threshold: {loss: {max: 0.1}}",
        "loss <= 0.1 adds nothing",
    ),
    "the same, limited": ("last: 20", "{last: 3, only: run*}", "last 3 in run* adds nothing"),
    "fewer tiers": (
        TIERS,
        "graduated: {last: 20, tier2_count: 10, tier3_interval: 3000}",
        "tiers 20/10/3000 adds nothing",
    ),
}


@pytest.mark.parametrize("case", USELESS)
@pytest.mark.parametrize("turned", [False, True])
def test_useless_ones_name_both(case: str, turned: bool):
    wide, narrow, sentence = USELESS[case]
    rules = [narrow, wide] if turned and wide != narrow else [wide, narrow]
    with pytest.raises(Refusal) as refused:
        parse_policy("keep:\n" + "".join(f"  - {rule}\n" for rule in rules), "p.yaml")
    said = str(refused.value)
    assert (
        sentence.replace("keep[0]", "keep[1]") if rules[0] == narrow != wide else sentence
    ) in said
    assert f"p.yaml: keep[{rules.index(narrow) if wide != narrow else 1}]." in said
    assert "(line " in said


USEFUL = {
    "a longer end beside tiers": (TIERS, "last: 30"),
    "a finer grid beside tiers": (TIERS, "every_steps: 500"),
    "a grid that does not nest": ("every_steps: 400", "every_steps: 1000"),
    "a shifted grid": ("every_steps: 500", "every_steps: {every: 1000, offset: 100}"),
    "the closest are others": (
        "every_steps: 500",
        "every_steps: {every: 1000, on_miss: closest}",
    ),
    "steps and epochs": ("every_steps: 5", "every_epochs: 5"),
    "the oldest are no tier": (TIERS, "first: 1"),
    "days and hours": ("daily: 30", "hourly: 24"),
    "two metrics": ("best: {metric: eval_loss}", "best: {metric: eval_acc}"),
    "two directions": ("best: {metric: m, mode: min}", "best: {metric: m, mode: max}"),
    "unknown ones too": (
        "best: {metric: eval_loss, count: 3, missing: drop}",
        "best: {metric: eval_loss, missing: keep}",
    ),
    "another metric as well": (
        "threshold: {loss: {max: 0.2}}",
        "threshold: {loss: {max: 0.1}, eval_loss: {max: 0.1}}",
    ),
    "other windows": (
        "threshold: {loss: {max: 0.2}}",
        "threshold: {loss: {max: 0.1, window: 9}}",
    ),
    "more, but only there": ("last: 3", "{last: 20, only: run*}"),
    "other series": ("{last: 20, only: a*}", "{last: 3, only: b*}"),
}  # fmt: skip


@pytest.mark.parametrize("case", USEFUL)
def test_useful_ones_pass(case: str):
    parse_policy("keep:\n" + "".join(f"  - {rule}\n" for rule in USEFUL[case]), "p.yaml")


def test_what_could_not_be_read_again_is_not_saved(tmp_path: Path):
    rules = policy(GraduatedRule(20, 20, 1000), LastRule(20))
    with pytest.raises(Refusal, match=r"mine: keep\[1\]\.last: last 20 adds nothing"):
        save_preset(rules, "mine", own_directory=str(tmp_path))
    assert not list(tmp_path.iterdir())
