"""A run that was started again in its folder becomes a series of its own, if that is certain."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keepstep.policies import make_plan, scan
from keepstep.policies.catalog.model import Catalog
from keepstep.policies.catalog.segments import Save, segments_of
from keepstep.policies.decisions import Action
from keepstep.policies.rules.counts import LastRule
from keepstep.policies.rules.every_steps import EveryStepsRule
from keepstep.policies.rules.rule import Rule

from ..catalogs import NOW, catalog, checkpoint, policy
from ..trees import hugging_face, set_saved

SECOND = "checkpoint-* (restarted after 700)"


def _run(
    root: Path,
    losses: Mapping[int, float],
    *steps: int,
    at: float,
    best: str = "",
):
    """A run that logs these losses, of which some steps are still there."""
    place = root.parent / "elsewhere"
    hugging_face(place, losses, losses=losses, best=best)
    for i, step in enumerate(steps):
        target = root / f"checkpoint-{step}"
        shutil.copytree(place / f"checkpoint-{step}", target)
        set_saved(target, at + i * 3600)
    shutil.rmtree(place)


def _losses(start: float) -> dict[int, float]:
    return {step: start - step / 10_000 for step in range(50, 701, 50)}


def _two_runs(root: Path, *, gap: float = 86_400) -> Path:
    """What is left of run A is 500, 600, 700; run B has saved 100 a day later."""
    started = NOW - 10 * 86_400
    _run(root, _losses(0.9), 500, 600, 700, at=started)
    _run(root, {50: 0.8, 100: 0.7}, 100, at=started + 2 * 3600 + gap, best="out/checkpoint-100")
    return root


def _kept(found: Catalog, *rules: Rule) -> dict[str, bool]:
    plan = make_plan(found, policy(*rules), now=NOW)
    return {one.checkpoint.id: one.action is not Action.DELETE for one in plan.decisions}


def test_the_last_three_of_each_run_stay_and_both_are_named(tmp_path: Path):
    found = scan(str(_two_runs(tmp_path / "run")))
    assert {one.id: one.checkpoints for one in found.series} == {"checkpoint-*": 3, SECOND: 1}
    assert all(_kept(found, LastRule(3)).values())
    assert [one for one, kept in _kept(found, LastRule(1)).items() if kept] == [
        "checkpoint-700",
        "checkpoint-100",
    ]
    [warning] = [text for text in found.warnings if "started again" in text]
    assert "checkpoint-*: 500 to 700" in warning
    assert f"{SECOND}: 100" in warning


def test_each_run_has_the_metrics_and_the_best_of_its_own_history(tmp_path: Path):
    found = {one.id: one for one in scan(str(_two_runs(tmp_path / "run"))).checkpoints}
    assert found["checkpoint-100"].metrics == {"eval_loss": 0.7}
    assert found["checkpoint-100"].pointed_to_by == ("checkpoint-100/trainer_state.json",)
    assert found["checkpoint-700"].metrics == {"eval_loss": _losses(0.9)[700]}


def test_both_series_live_in_the_folder_of_the_run(tmp_path: Path):
    _two_runs(tmp_path / "a" / "run")
    assert {one.directory for one in scan(str(tmp_path)).series} == {"a/run"}


def test_times_alone_never_split(tmp_path: Path):
    """Copied in any order: the histories agree."""
    started = NOW - 10 * 86_400
    _run(tmp_path / "run", _losses(0.9), 700, 100, 600, 500, at=started)
    assert [one.id for one in scan(str(tmp_path / "run")).series] == ["checkpoint-*"]


@pytest.mark.parametrize("when", [0.0, NOW])
def test_without_times_of_their_own_a_series_stays_whole(tmp_path: Path, when: float):
    run = _two_runs(tmp_path / "run")
    for name in ("checkpoint-500", "checkpoint-600", "checkpoint-700", "checkpoint-100"):
        set_saved(run / name, when + (name == "checkpoint-100"))
    assert [one.id for one in scan(str(run)).series] == ["checkpoint-*"]


def test_less_than_a_minute_is_no_restart(tmp_path: Path):
    run = _two_runs(tmp_path / "run", gap=30)
    assert [one.id for one in scan(str(run)).series] == ["checkpoint-*"]


def test_histories_without_a_common_step_prove_nothing(tmp_path: Path):
    run = _two_runs(tmp_path / "run")
    state = run / "checkpoint-100" / "trainer_state.json"
    document = json.loads(state.read_text()) | {"log_history": [{"step": 99, "eval_loss": 0.1}]}
    state.write_text(json.dumps(document))
    set_saved(run / "checkpoint-100", NOW - 86_400)
    found = scan(str(run))
    assert [one.id for one in found.series] == ["checkpoint-*"]
    assert _kept(found, LastRule(1))["checkpoint-100"], "protected as perhaps a restarted run"


def test_orbax_records_when_each_step_was_committed(tmp_path: Path):
    for order, step in enumerate((500, 600, 700, 100)):
        place = tmp_path / str(step)
        (place / "default").mkdir(parents=True)
        (place / "default" / "_METADATA").write_text("{}")
        committed = int((NOW - 86_400 + order * 3600) * 1e9)
        text = json.dumps({"commit_timestamp_nsecs": committed})
        (place / "_CHECKPOINT_METADATA").write_text(text)
        set_saved(place, NOW)
    found = scan(str(tmp_path))
    assert sorted(one.checkpoints for one in found.series) == [1, 3]
    assert all(_kept(found, LastRule(3)).values())


def _saves(*numbers: tuple[float, float]) -> list[Save]:
    return [Save(str(n), n, NOW + at * 3600) for n, at in numbers]


def _certain(one: Save, other: Save) -> bool:
    return True


def test_three_runs_in_one_folder():
    saves = _saves((500, 0), (700, 1), (100, 2), (300, 3), (50, 4))
    found = segments_of(saves, _certain)
    assert [[save.number for save in one] for one in found] == [[500, 700], [100, 300], [50]]
    assert len(segments_of(saves, lambda one, other: False)) == 1


def test_what_was_torn_does_not_tell():
    torn = Save("900", 900, NOW - 3600, complete=False)
    assert len(segments_of([*_saves((500, 0), (700, 1)), torn], _certain)) == 1
    assert segments_of([], _certain) == [()]


def _as_catalog(alive: Mapping[int, tuple[str, float]]) -> Catalog:
    """Steps with the run that saved them and when, split as a scan splits them."""
    saves = [Save(str(step), step, at) for step, (_, at) in alive.items()]
    found = segments_of(saves, lambda a, b: alive[int(a.number)][0] != alive[int(b.number)][0])
    series = {save.id: f"s {i}" for i, one in enumerate(found) for save in one}
    items = (checkpoint(step, saved_at=at) for step, (_, at) in sorted(alive.items()))
    return catalog(replace(one, series=series[str(one.step)]) for one in items)


def _survivors(alive: dict[int, tuple[str, float]], rules: list[Rule]):
    plan = make_plan(_as_catalog(alive), policy(*rules), now=NOW)
    kept = {one.checkpoint.step for one in plan.decisions if one.action is not Action.DELETE}
    return {step: saved for step, saved in alive.items() if step in kept}


RULES = st.lists(
    st.one_of(
        st.builds(LastRule, st.integers(1, 5)), st.builds(EveryStepsRule, st.integers(1, 300))
    ),
    min_size=1,
    max_size=2,
)
STEPS = st.sets(st.integers(1, 1000), min_size=1, max_size=20)


@given(STEPS, STEPS, RULES, st.randoms(use_true_random=False))
def test_plans_are_idempotent_and_confluent_while_runs_are_split(
    first: set[int], second: set[int], rules: list[Rule], chance: random.Random
):
    top = max(first)
    alive = {step: ("a", NOW - 10**6 + step) for step in first}
    everything = dict(alive)
    for step in sorted(second - first):
        if step < top:
            alive[step] = everything[step] = ("b", NOW - 10**5 + step)
            if chance.random() < 0.4:
                alive = _survivors(alive, rules)
    once = _survivors(alive, rules)
    assert once == _survivors(everything, rules)
    assert _survivors(once, rules) == once
