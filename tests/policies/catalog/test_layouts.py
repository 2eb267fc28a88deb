"""Each layout: names in, steps, epochs, sets and states out; and names that match nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from keepstep.policies import scan
from keepstep.policies.catalog.model import Standing, State

from ..trees import hugging_face, safetensors, torch_zip


def _found(root: Path):
    return {one.id: one for one in scan(str(root)).checkpoints}


def test_only_names_that_match_in_full_count(tmp_path: Path):
    hugging_face(tmp_path, [500, 600])
    for name in (
        "checkpoint-500-backup",
        "checkpoint-500.bak",
        "old-checkpoint-500",
        "tmp-checkpoint-700",
    ):
        (tmp_path / name).mkdir()
        safetensors(tmp_path / name / "model.safetensors")
    catalog = scan(str(tmp_path))
    assert [one.id for one in catalog.checkpoints] == ["checkpoint-500", "checkpoint-600"]
    assert set(catalog.unrecognised) == {
        "checkpoint-500-backup", "checkpoint-500.bak", "old-checkpoint-500", "tmp-checkpoint-700",
    }  # fmt: skip


def test_order_is_by_number(tmp_path: Path):
    hugging_face(tmp_path, [9, 10, 99, 100, 1000])
    assert [one.step for one in scan(str(tmp_path)).checkpoints] == [9, 10, 99, 100, 1000]


def _cut(path: Path, keep: int) -> None:
    os.truncate(path, keep)


@pytest.mark.parametrize(
    ("name", "damage", "evidence"),
    [
        ("trainer_state.json", os.unlink, "no trainer_state.json"),
        ("trainer_state.json", lambda p: _cut(p, 30), "trainer_state.json is cut short"),
        ("trainer_state.json", lambda p: _cut(p, 0), "trainer_state.json is cut short"),
        ("model.safetensors", lambda p: _cut(p, 100), "model.safetensors holds"),
        ("model.safetensors", lambda p: _cut(p, 4), "model.safetensors is cut short"),
        ("model.safetensors", lambda p: _cut(p, 0), "model.safetensors is empty"),
        ("optimizer.pt", lambda p: _cut(p, 100), "optimizer.pt is cut short"),
    ],
)
def test_a_torn_hugging_face_checkpoint_is_incomplete(tmp_path: Path, name, damage, evidence):
    hugging_face(tmp_path, [100, 200, 300])
    damage(tmp_path / "checkpoint-300" / name)
    found = _found(tmp_path)
    assert found["checkpoint-300"].state is State.INCOMPLETE
    assert found["checkpoint-300"].evidence.startswith(evidence)
    assert found["checkpoint-200"].state is State.COMPLETE


def test_without_trainer_states_nobody_misses_them(tmp_path: Path):
    hugging_face(tmp_path, [100, 200])
    for step in (100, 200):
        (tmp_path / f"checkpoint-{step}" / "trainer_state.json").unlink()
    assert {one.state for one in _found(tmp_path).values()} == {State.COMPLETE}


def test_weights_are_missed_only_where_a_sibling_has_them(tmp_path: Path):
    hugging_face(tmp_path, [100, 200])
    for name in ("model.safetensors", "optimizer.pt"):
        (tmp_path / "checkpoint-200" / name).unlink()
    assert _found(tmp_path)["checkpoint-200"].evidence == "no weights in it"
    for name in ("model.safetensors", "optimizer.pt"):
        (tmp_path / "checkpoint-100" / name).unlink()
    assert {one.state for one in _found(tmp_path).values()} == {State.COMPLETE}


def test_a_missing_shard_makes_it_incomplete(tmp_path: Path):
    hugging_face(tmp_path, [100, 200])
    safetensors(tmp_path / "checkpoint-200" / "model-00001-of-00002.safetensors")
    assert _found(tmp_path)["checkpoint-200"].evidence == "1 of 2 shards of model"


LIGHTNING = {
    "epoch=3-step=40.ckpt": (40, 3.0, {}),
    "epoch=12.ckpt": (None, 12.0, {}),
    "step=40.ckpt": (40, None, {}),
    "model-epoch=03-step=40-val_loss=0.12.ckpt": (40, 3.0, {"val_loss": 0.12}),
    "epoch=3-step=40-val_loss=-0.5876.ckpt": (40, 3.0, {"val_loss": -0.5876}),
    "epoch=3-step=40-lr=1e-05-acc=0.9.ckpt": (40, 3.0, {"lr": 1e-05, "acc": 0.9}),
    "epoch=3-step=40-v2.ckpt": (40, 3.0, {}),
}


@pytest.mark.parametrize("name", LIGHTNING)
def test_lightning_names(tmp_path: Path, name: str):
    torch_zip(tmp_path / name)
    one = _found(tmp_path)[name]
    assert (one.step, one.epoch, dict(one.metrics)) == LIGHTNING[name]


def test_lightning_names_that_are_none(tmp_path: Path):
    torch_zip(tmp_path / "epoch=1-step=10.ckpt")
    strange = ["epoch=1-step=10-backup.ckpt", "val_loss=0.1.ckpt", "mine.ckpt"]
    for name in strange:
        torch_zip(tmp_path / name)
    catalog = scan(str(tmp_path))
    assert [one.id for one in catalog.checkpoints] == ["epoch=1-step=10.ckpt"]
    assert sorted(catalog.unrecognised) == sorted(strange)


def test_epoch_files_are_grouped_per_model(tmp_path: Path):
    for model in ("resnet18", "vit_b16"):
        torch_zip(tmp_path / f"{model}.pth")
        for epoch in (1, 2, 10):
            torch_zip(tmp_path / f"{model}_epoch{epoch}.pth")
    for epoch in (3, 20):
        torch_zip(tmp_path / f"poincare.pth.{epoch}")
    torch_zip(tmp_path / "poincare.pth")
    catalog = scan(str(tmp_path))
    assert {one.id: one.checkpoints for one in catalog.series} == {
        "poincare.pth.*": 2, "resnet18_epoch*.pth": 3, "vit_b16_epoch*.pth": 3,
    }  # fmt: skip
    assert [one.epoch for one in catalog.checkpoints][:2] == [3, 20]
    finals = {one.path for one in catalog.artifacts if one.kind == "final-model"}
    assert finals == {"resnet18.pth", "vit_b16.pth", "poincare.pth"}


def test_tensorflow_sets(tmp_path: Path):
    for n in (1, 2, 10):
        (tmp_path / f"ckpt-{n}.index").write_bytes(b"index")
        (tmp_path / f"ckpt-{n}.data-00000-of-00001").write_bytes(b"data")
    (tmp_path / "ckpt-11.data-00000-of-00001").write_bytes(b"data")
    (tmp_path / "checkpoint").write_text(
        'model_checkpoint_path: "/elsewhere/run/ckpt-2"\nall_model_checkpoint_paths: "ckpt-1"\n'
    )
    catalog = scan(str(tmp_path))
    found = {one.id: one for one in catalog.checkpoints}
    assert [one.step for one in catalog.checkpoints] == [1, 2, 10, 11]
    assert [m.path for m in found["ckpt-2"].members] == [
        "ckpt-2.index",
        "ckpt-2.data-00000-of-00001",
    ]
    assert found["ckpt-2"].pointed_to_by == ("checkpoint",)
    assert found["ckpt-1"].pointed_to_by == ()
    assert found["ckpt-11"].evidence == "no ckpt-11.index"
    assert catalog.unrecognised == ()


def test_keras_files_and_sets(tmp_path: Path):
    for n in ("0001", "0002"):
        (tmp_path / f"cp-{n}.ckpt.index").write_bytes(b"index")
        (tmp_path / f"cp-{n}.ckpt.data-00000-of-00001").write_bytes(b"data")
        (tmp_path / f"cp-{n}.weights.h5").write_bytes(b"\x89HDF\r\n\x1a\nrest")
    catalog = scan(str(tmp_path))
    assert {one.id: one.checkpoints for one in catalog.series} == {
        "cp-*.ckpt": 2,
        "cp-*.weights.h5": 2,
    }
    assert {one.epoch for one in catalog.checkpoints} == {1.0, 2.0}


def test_numbered_directories_need_weights(tmp_path: Path):
    for step in (10, 20, 30):
        (tmp_path / f"step_{step}").mkdir()
        safetensors(tmp_path / f"step_{step}" / "model.safetensors")
        (tmp_path / f"step_{step}" / "extra.json").write_text("{}")
    (tmp_path / "step_30" / "extra.json").unlink()
    for epoch in (1, 2):
        (tmp_path / f"epoch_{epoch}").mkdir()
        (tmp_path / f"epoch_{epoch}" / "sample.png").write_bytes(b"png")
    found = _found(tmp_path)
    assert set(found) == {"step_10", "step_20", "step_30"}
    assert found["step_30"].evidence == "no extra.json, which its siblings have"


def test_last_copies_have_no_number(tmp_path: Path):
    torch_zip(tmp_path / "epoch=1-step=10.ckpt")
    torch_zip(tmp_path / "last.ckpt")
    assert _found(tmp_path)["last.ckpt"].standing is Standing.RESUME


def test_many_runs_below_one_root(tmp_path: Path):
    for run in ("a", "b/c"):
        hugging_face(tmp_path / run, [100, 200])
    assert [one.id for one in scan(str(tmp_path)).series] == ["a/checkpoint-*", "b/c/checkpoint-*"]


def test_an_empty_directory_has_nothing(tmp_path: Path):
    catalog = scan(str(tmp_path))
    assert catalog.checkpoints == ()
    assert catalog.series == ()
