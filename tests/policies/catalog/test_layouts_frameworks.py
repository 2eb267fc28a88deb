"""Lightning, Keras, TensorFlow, SavedModel, Orbax and Flax: names in, units and states out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from keepstep.policies import scan
from keepstep.policies.catalog.model import Standing, State

from .planting import by_id, finals, members, plant, pointers, series, tear


def test_a_slash_in_a_metric_is_a_directory(tmp_path: Path):
    plant(tmp_path, "model-epoch=1-step=20-val/acc=0.20.ckpt", "model-epoch=2-step=30-val/")
    plant(tmp_path, "model-epoch=3-step=40-val/acc=0.22.ckpt")
    (tmp_path / "best.ckpt").symlink_to("model-epoch=3-step=40-val/acc=0.22.ckpt")
    catalog = scan(str(tmp_path))
    one, other = catalog.checkpoints
    assert other.id == "model-epoch=3-step=40-val/acc=0.22.ckpt"
    assert (other.step, other.epoch, dict(other.metrics)) == (40, 3, {"val/acc": 0.22})
    assert one.series == other.series == "model-epoch=*-step=*-val/acc=*.ckpt"
    assert other.pointed_to_by == ("best.ckpt",)
    assert catalog.unrecognised == ()


def test_lightning_slurm_saves_and_copies(tmp_path: Path):
    plant(tmp_path, "hpc_ckpt_1.ckpt", "hpc_ckpt_10.ckpt", "last.ckpt", "last-v1.ckpt")
    found = by_id(tmp_path)
    assert (found["hpc_ckpt_10.ckpt"].step, found["hpc_ckpt_10.ckpt"].counter) == (None, 10)
    assert found["last-v1.ckpt"].standing is Standing.RESUME
    assert {one.series for one in found.values()} == {"hpc_ckpt_*.ckpt"}


def test_a_sharded_lightning_checkpoint_is_a_directory(tmp_path: Path):
    for step in (10, 20):
        plant(
            tmp_path, f"epoch=0-step={step}.ckpt/__0_0.distcp", f"epoch=0-step={step}.ckpt/meta.pt"
        )
    plant(tmp_path, "epoch=0-step=10.ckpt/.metadata")
    states = [one.state.value for one in by_id(tmp_path).values()]
    assert states == ["complete", "incomplete"]


KERAS = {
    "01-2.31.keras": 1, "model.02-0.52.weights.h5": 2, "weights-improvement-10-0.84.hdf5": 10,
    "epoch_03.keras": 3, "cp-0004.weights.h5": 4, "ckpt.5.keras": 5, "m_06--0.25.keras": 6,
}  # fmt: skip


@pytest.mark.parametrize("name", KERAS)
def test_keras_names_count_epochs(tmp_path: Path, name: str):
    plant(tmp_path, name, name.replace(str(KERAS[name]), str(KERAS[name] + 1), 1))
    assert by_id(tmp_path)[name].epoch == KERAS[name]


def test_keras_backup_is_one_thing_to_resume_from(tmp_path: Path):
    plant(tmp_path, "backup/latest.weights.h5", "backup/training_metadata.json")
    plant(
        tmp_path,
        "torn/training_metadata.json",
        "best.keras",
        "model.h5",
        "x10.h5",
        "features_1.h5",
        "sim_1.h5",
        "sim_2.h5",
    )
    catalog = scan(str(tmp_path))
    found = {one.id: one for one in catalog.checkpoints}
    backup = found["backup/latest.weights.h5"]
    assert backup.standing is Standing.RESUME
    assert members(backup)[0] == "backup/training_metadata.json"
    assert found["torn/latest.weights.h5"].state is State.INCOMPLETE
    assert found["best.keras"].standing is Standing.BEST
    assert set(catalog.unrecognised) == {
        "model.h5", "x10.h5", "features_1.h5", "sim_1.h5", "sim_2.h5",
    }  # fmt: skip


def _hdf5(path: Path, end: int) -> None:
    """A superblock of version 0 that promises `end` bytes, in a file of 200."""
    head = b"\x89HDF\r\n\x1a\n" + bytes([0, 0, 0, 0, 0, 8, 8, 0, 4, 0, 16, 0]) + bytes(4)
    addresses = (0).to_bytes(8, "little") + b"\xff" * 8 + end.to_bytes(8, "little") + b"\xff" * 8
    path.write_bytes((head + addresses).ljust(200, b"\0"))


def test_torn_keras_files(tmp_path: Path):
    plant(tmp_path, "model-01.keras", "model-02.keras")
    tear(tmp_path / "model-02.keras")
    _hdf5(tmp_path / "model-01.h5", 200)
    _hdf5(tmp_path / "model-02.h5", 5000)
    found = by_id(tmp_path)
    torn = {name for name, one in found.items() if one.state is State.INCOMPLETE}
    assert torn == {"model-02.keras", "model-02.h5"}
    assert found["model-02.h5"].evidence == "model-02.h5 holds 200 of 5,000 bytes"
    assert series(scan(str(tmp_path))) == {"model-*.keras": 2, "model-*.h5": 2}


def test_tf1_sets_of_three(tmp_path: Path):
    for step in (0, 999, 10000):
        stem = f"model.ckpt-{step}"
        plant(tmp_path, f"{stem}.meta", f"{stem}.index", f"{stem}.data-00000-of-00001")
    plant(tmp_path, "graph.pbtxt", "model.ckpt-77.tempstate123", "eval/events.out.tfevents.1.h")
    (tmp_path / "model.ckpt-999.index").unlink()
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "model.ckpt-10000"\n')
    catalog = scan(str(tmp_path))
    assert [one.step for one in catalog.checkpoints] == [0, 999, 10000]
    assert catalog.checkpoints[1].evidence == "no model.ckpt-999.index"
    assert members(catalog.checkpoints[2])[0] == "model.ckpt-10000.index"
    assert pointers(catalog) == {"checkpoint": ("model.ckpt-10000", "")}
    assert "model.ckpt-77.tempstate123" in catalog.unrecognised


def test_saved_models_are_exports_never_steps(tmp_path: Path):
    for version in ("1", "1700000000", "1700003600"):
        plant(tmp_path, f"export/{version}/saved_model.pb")
        plant(tmp_path, f"export/{version}/variables/variables.index")
    plant(tmp_path, "export/temp-1700009999/variables/variables.index")
    catalog = scan(str(tmp_path))
    assert catalog.checkpoints == ()
    assert finals(catalog) == {f"export/{v}" for v in ("1", "1700000000", "1700003600")}


def test_saved_models_that_count_epochs_are_a_series(tmp_path: Path):
    for epoch in (1, 2, 10):
        plant(tmp_path, f"cp_epoch_{epoch}/saved_model.pb", f"cp_epoch_{epoch}/variables/v.index")
    assert [one.epoch for one in scan(str(tmp_path)).checkpoints] == [1, 2, 10]


def _orbax(root: Path, *names: str, committed: bool = True) -> None:
    for name in names:
        plant(root, f"{name}/default/_METADATA", f"{name}/default/manifest.ocdbt")
        row = {"init_timestamp_nsecs": 1, "commit_timestamp_nsecs": 2 if committed else None}
        (root / name / "_CHECKPOINT_METADATA").write_text(json.dumps(row))


def test_orbax_steps_and_temporary_names(tmp_path: Path):
    _orbax(tmp_path, "0", "9", "10")
    _orbax(tmp_path, "11.orbax-checkpoint-tmp", "12.orbax-checkpoint-tmp-170", committed=False)
    _orbax(tmp_path, "13", committed=False)
    catalog = scan(str(tmp_path))
    assert [one.step for one in catalog.checkpoints] == [0, 9, 10, 11, 12, 13]
    assert {one.series for one in catalog.checkpoints} == {"*"}
    states = [one.state for one in catalog.checkpoints]
    assert states == [State.COMPLETE] * 3 + [State.INCOMPLETE] * 3


def test_orbax_commit_file_is_missed_only_where_siblings_have_it(tmp_path: Path):
    _orbax(tmp_path / "a", "step_1", "step_2")
    _orbax(tmp_path / "b", "step_1", "step_2")
    (tmp_path / "b/step_1/commit_success.txt").touch()
    found = by_id(tmp_path)
    assert found["a/step_2"].state is State.COMPLETE
    assert found["b/step_2"].evidence == "no commit_success.txt, which its siblings have"
    assert [one.step for one in found.values()] == [1, 2, 1, 2]


def test_flax_files_without_extension(tmp_path: Path):
    for step in (1, 9, 10):
        plant(tmp_path, f"checkpoint_{step}", f"policy_{step}", f"notes_{step}")
        (tmp_path / f"checkpoint_{step}").write_bytes(b"\x82\xa1a\x01\xa1b\x02")
        (tmp_path / f"policy_{step}").write_bytes(b"\xde\x00\x10rest")
        (tmp_path / f"notes_{step}").write_text("text")
    (tmp_path / "policy_9").write_bytes(b"")
    plant(tmp_path, "checkpoint_10_gda/x/manifest.ocdbt", "checkpoint_tmp")
    catalog = scan(str(tmp_path))
    assert series(catalog) == {"checkpoint_*": 3, "policy_*": 3}
    assert members(catalog.checkpoints[2]) == ["checkpoint_10", "checkpoint_10_gda"]
    assert catalog.checkpoints[4].evidence == "policy_9 is empty"
    assert set(catalog.unrecognised) == {"checkpoint_tmp", "notes_1", "notes_10", "notes_9"}


@pytest.mark.parametrize(
    "name",
    [
        "hpc_ckpt_x.ckpt", "last2.ckpt", "epoch=1x-step=2.ckpt", "5.orbax-checkpoint-tmp-x/d",
        "ckpt-5.index.bak", "12/readme.md", "latest.weights.h5.old",
    ],
)  # fmt: skip
def test_near_misses_are_no_checkpoints(tmp_path: Path, name: str):
    plant(tmp_path, name)
    assert scan(str(tmp_path)).checkpoints == ()


def test_pretrained_sizes_are_no_steps(tmp_path: Path):
    for stem in ("vgg_16.ckpt", "vgg_19.ckpt", "resnet_v2_50.ckpt"):
        plant(tmp_path, f"{stem}.index", f"{stem}.data-00000-of-00001")
    assert scan(str(tmp_path)).checkpoints == ()


def _speechbrain(root: Path, *saves: tuple[str, str]) -> None:
    for time, meta in saves:
        plant(root, f"save/CKPT+2025-01-01+{time}+00/model.ckpt")
        (root / f"save/CKPT+2025-01-01+{time}+00/CKPT.yaml").write_text(meta)


def test_speechbrain_tells_epoch_and_metrics_in_each_checkpoint(tmp_path: Path):
    meta = "WER: {}\nend-of-epoch: true\nepoch: {}\nunixtime: 1700000000.5\n"
    saves = (("10-00-00", meta.format(21.5, 2)), ("09-00-00", meta.format(30.25, 1)))
    _speechbrain(tmp_path / "a", *saves)
    found = scan(str(tmp_path / "a")).checkpoints
    assert [(one.epoch, dict(one.metrics)) for one in found] == [
        (1, {"WER": 30.25}),
        (2, {"WER": 21.5}),
    ]
    assert {one.layout for one in found} == {"speechbrain"}
    _speechbrain(tmp_path / "b", *saves, ("09-30-00", "end-of-epoch: false\nunixtime: 1.5\n"))
    amid = scan(str(tmp_path / "b"))
    assert [one.counter for one in amid.checkpoints] == [
        20250101090000,
        20250101093000,
        20250101100000,
    ]
    assert [one.epoch for one in amid.checkpoints] == [None] * 3
    assert amid.series[0].unit == "date"
