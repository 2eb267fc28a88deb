"""Small files that real frameworks wrote; tests/real/write_reader_files.py says how."""

from __future__ import annotations

import pytest
from keepstep.policies.catalog.local_tree import LocalTree
from keepstep.policies.catalog.readers import join
from keepstep.policies.catalog.readers.csv_log import LogKind, read_csv_log
from keepstep.policies.catalog.readers.event_file import read_event_file
from keepstep.policies.catalog.readers.safetensors import read_safetensors
from keepstep.policies.catalog.readers.sb3 import read_evaluations, read_sb3_model
from keepstep.policies.catalog.readers.torch_content import Content, progress_of
from keepstep.policies.catalog.readers.torch_file import read_torch_file
from keepstep.policies.catalog.readers.training_args import BestChoice, read_best_choice
from keepstep.policies.catalog.tree import Folder

from ...real.unpack import unpack
from .samples import FILES

FOLDER = Folder(LocalTree(str(FILES)), "")


@pytest.mark.parametrize(
    ("name", "kind", "step", "epoch", "metrics"),
    [
        ("nanogpt.pt", Content.FULL, 2000, None, {"best_val_loss": 1.4375}),  # a 0-d tensor
        ("imagenet-legacy.pth.tar", Content.FULL, None, 4, {"best_acc1": 31.5}),
        ("numpy-scalar.pt", Content.WEIGHTS, None, 4, {"best": 0.25}),
        ("mmengine.pth", Content.WEIGHTS, 20, 4, {"score": 0.5}),  # bfloat16
        ("tensor.pt", Content.TENSOR, None, None, {}),
        ("weights.pt", Content.WEIGHTS, None, None, {}),
    ],
)
def test_torch(name: str, kind: Content, step: int | None, epoch: int | None, metrics: dict):
    content = read_torch_file(FOLDER, name)
    assert content is not None
    assert content.kind is kind
    progress = progress_of(content)
    assert (progress.step, progress.epoch, progress.metrics) == (step, epoch, metrics)


def test_keras_names_count_from_1_and_its_log_from_0():
    log = read_csv_log(FOLDER, "keras-training.log")
    assert log is not None
    assert log.kind == LogKind.KERAS
    for name in (FILES / "keras-names.txt").read_text().split():
        _, epoch, loss = name.removesuffix(".weights.h5").split("-")
        found = join.by_epoch(log.kind, log.rows, int(epoch))
        assert f"{found['val_loss']:.6f}" == loss


def test_tensorboardx():
    found = read_event_file(FOLDER, "tensorboardx.tfevents")
    assert found is not None
    assert set(found.curves) == {"eval/loss", "train/loss"}
    curve = found.curves["eval/loss"]
    assert list(curve.steps) == [0, 10, 20, 30, 40]
    assert curve.values[1] == pytest.approx(1 / 11)
    assert not found.more


def test_stable_baselines():
    progress = read_sb3_model(FOLDER, "ppo_128_steps.zip")
    assert progress is not None
    assert progress.step == 128
    curves = read_evaluations(FOLDER, "evaluations.npz")
    assert list(curves["mean_reward"].steps) == [64, 128]
    assert curves["mean_reward"].values == curves["mean_ep_length"].values  # CartPole pays 1 a step


def test_transformers(tmp_path):
    run, truth = unpack("transformers", tmp_path)
    folder = Folder(LocalTree(str(run)), "checkpoint-50")
    assert read_best_choice(folder) == BestChoice(truth["best_metric"], truth["best_mode"])
    optimizer = read_torch_file(folder, "optimizer.pt")
    assert optimizer is not None
    assert optimizer.kind is Content.OPTIMIZER
    scheduler = read_torch_file(folder, "scheduler.pt")
    assert scheduler is not None
    assert scheduler.scalars["last_epoch"] == 50
    header = read_safetensors(folder, "model.safetensors")
    assert header is not None
    assert header.whole
    assert header.metadata == {"format": "pt"}


def test_lightning(tmp_path):
    run, truth = unpack("lightning-copy", tmp_path)
    for row in truth["checkpoints"]:
        content = read_torch_file(Folder(LocalTree(str(run)), ""), row["id"])
        assert content is not None
        assert content.kind is Content.FULL
        progress = progress_of(content)
        assert (progress.step, progress.epoch) == (row["step"], row["epoch"])
