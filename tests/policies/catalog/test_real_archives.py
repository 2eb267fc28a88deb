"""A scan of what real frameworks wrote equals what their training scripts knew."""

from __future__ import annotations

from pathlib import Path

import pytest
from keepstep.policies import scan
from keepstep.policies.catalog.model import Standing, State
from keepstep.policies.catalog.preview import first_look

from ...real.unpack import unpack

ARCHIVES = (
    "transformers", "lightning-link", "lightning-copy", "accelerate", "peft", "torch-dcp", "keras",
    "orbax", "stable-baselines3", "xgboost", "lightgbm", "catboost",
    "mmengine-epochs", "mmengine-iterations",
)  # fmt: skip
BETWEEN = ("lora/checkpoint-20/adapter_config.json",)  # the oldest and the newest say the same
EXACT = (
    "transformers", "lightning-link", "lightning-copy", "keras", "orbax", "mmengine-epochs",
    "mmengine-iterations",
)  # fmt: skip


@pytest.mark.parametrize("name", ARCHIVES)
def test_scan_equals_truth(name: str, tmp_path: Path):
    run, truth = unpack(name, tmp_path)
    catalog = scan(str(run))
    found = {one.id: one for one in catalog.checkpoints if one.standing is Standing.NUMBERED}
    assert set(found) == {row["id"] for row in truth["checkpoints"]}
    for row in truth["checkpoints"]:
        one = found[row["id"]]
        assert (one.step, one.epoch, one.counter) == (row["step"], row["epoch"], row.get("counter"))
        assert [member.path for member in one.members] == (row.get("members") or [one.id])
        assert (one.state is State.COMPLETE) is row["complete"]
        logged = {name: one.metrics.get(name) for name in row["metrics"]}
        if name in EXACT:  # to the last digit, also where the name carries only two of them
            assert logged == row["metrics"]
        for metric, value in logged.items():
            assert value is None or value == pytest.approx(row["metrics"][metric], abs=0.005)
    copies = {one.id for one in catalog.checkpoints if one.standing is not Standing.NUMBERED}
    assert copies == set(truth["copies"])
    finals = {one.path for one in catalog.artifacts if one.kind == "final-model"}
    assert finals == {name for name in truth["final_model"] if "model" in name or "final" in name}
    led = {one.path: one.resolved for one in catalog.pointers if one.path in truth["pointers"]}
    needed = {one.path: one.target for one in catalog.references if one.holder}
    assert led | needed == {
        path: target for path, target in truth["pointers"].items() if path not in BETWEEN
    }
    assert catalog.unrecognised == ()
    assert catalog.warnings == ()


@pytest.mark.parametrize("name", ["lightning-link", "lightning-copy"])
def test_the_best_of_lightning_is_the_best_of_its_log(name: str, tmp_path: Path):
    run, truth = unpack(name, tmp_path)
    numbered = [c for c in scan(str(run)).checkpoints if c.standing is Standing.NUMBERED]
    best = min(numbered, key=lambda one: one.metrics[truth["best_metric"]])
    assert best.id == truth["best"]


def test_transformers_metrics_best_and_final_model(tmp_path: Path):
    run, truth = unpack("transformers", tmp_path)
    catalog = scan(str(run))
    for row in truth["checkpoints"]:
        one = next(c for c in catalog.checkpoints if c.id == row["id"])
        assert set(row["metrics"]) <= set(one.metrics)
    best = [one.id for one in catalog.checkpoints if one.pointed_to_by]
    assert best == [truth["best"]]
    final = {one.path for one in catalog.artifacts if one.kind == "final-model"}
    assert final == {"model.safetensors"}
    torn = next(one for one in catalog.checkpoints if one.id == "checkpoint-130")
    assert torn.evidence == "no trainer_state.json, which is written last"


def test_lightning_last_is_a_pointer_or_a_copy(tmp_path: Path):
    linked, truth = unpack("lightning-link", tmp_path / "a")
    [pointer] = scan(str(linked)).pointers
    assert {pointer.path: pointer.resolved} == truth["pointers"]
    copied, truth = unpack("lightning-copy", tmp_path / "b")
    copies = [c.id for c in scan(str(copied)).checkpoints if c.standing is Standing.RESUME]
    assert copies == list(truth["copies"])


@pytest.mark.parametrize("name", ARCHIVES)
def test_the_first_rows_name_nothing_that_the_scan_does_not(name: str, tmp_path: Path):
    run, _ = unpack(name, tmp_path)
    known = {one.id: one for one in scan(str(run)).checkpoints}
    for row in (one for found in first_look(str(run)) for one in found):
        assert (row.series, row.layout) == (known[row.id].series, known[row.id].layout)
        if row.standing is Standing.NUMBERED:
            assert row.step == known[row.id].step
