"""Metrics from each framework's own log, through a whole scan: which row meets which checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from keepstep.policies import scan
from keepstep.policies.catalog import late_metrics
from keepstep.policies.catalog.logs import Limit
from keepstep.policies.catalog.readers.records import Curve
from keepstep.policies.catalog.sources.curves import by_curves

from ..catalogs import checkpoint
from ..readers import samples
from .planting import by_id, plant


def _metrics(root: Path, files: Mapping[str, bytes], *names: str) -> dict[str, dict[str, float]]:
    plant(root, *names)
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return {one.id: dict(one.metrics) for one in by_id(root).values()}


def test_mmengine_validations_by_epoch(tmp_path: Path):
    log = {"20261121_101010/vis_data/scalars.json": samples.MMENGINE_EPOCHS}
    assert _metrics(tmp_path, log, "epoch_1.pth", "epoch_2.pth", "epoch_3.pth") == {
        "epoch_1.pth": {"coco/bbox_mAP": 0.25},
        "epoch_2.pth": {"coco/bbox_mAP": 0.5},
        "epoch_3.pth": {},
    }


def test_mmengine_validations_by_iteration_call_all_their_steps_0(tmp_path: Path):
    log = {"20261121_101010/vis_data/scalars.json": samples.MMENGINE_ITERATIONS}
    assert _metrics(tmp_path, log, "iter_10.pth", "iter_20.pth") == {
        "iter_10.pth": {"mIoU": 25.0},
        "iter_20.pth": {"mIoU": 50.0},
    }


def test_mmcv_validations_say_their_mode_and_count_batches(tmp_path: Path):
    log = [
        {"env_info": "x", "seed": 0},
        {"mode": "train", "epoch": 1, "iter": 50, "lr": 0.1, "loss": 0.5},
        {"mode": "val", "epoch": 1, "iter": 625, "lr": 0.1, "bbox_mAP": 0.25},
        {"mode": "train", "epoch": 2, "iter": 50, "lr": 0.1, "loss": 0.25},
        {"mode": "val", "epoch": 2, "iter": 625, "lr": 0.1, "bbox_mAP": 0.5},
    ]
    content = {"20211121_101010.log.json": samples.json_lines(log)}
    found = _metrics(tmp_path / "a", content, "epoch_1.pth", "epoch_2.pth", "epoch_3.pth")
    assert [found[f"epoch_{n}.pth"] for n in (1, 2, 3)] == [
        {"bbox_mAP": 0.25}, {"bbox_mAP": 0.5}, {},
    ]  # fmt: skip
    again = [{"mode": "val", "epoch": 2, "iter": 625, "bbox_mAP": 0.75}]
    content["20211122_101010.log.json"] = samples.json_lines(again)
    found = _metrics(tmp_path / "b", content, "epoch_1.pth", "epoch_2.pth")
    assert [one["bbox_mAP"] for one in found.values()] == [0.25, 0.75]


def test_mmcv_by_iteration(tmp_path: Path):
    log = [
        {"mode": "train", "epoch": 1, "iter": 10, "loss": 0.5},
        {"mode": "val", "epoch": 1, "iter": 63, "mIoU": 25.0},
        {"mode": "train", "epoch": 1, "iter": 20, "loss": 0.25},
        {"mode": "val", "epoch": 1, "iter": 63, "mIoU": 50.0},
    ]
    content = {"20211121_101010.log.json": samples.json_lines(log)}
    found = _metrics(tmp_path, content, "iter_10.pth", "iter_20.pth")
    assert [found[f"iter_{n}.pth"] for n in (10, 20)] == [{"mIoU": 25.0}, {"mIoU": 50.0}]


def test_of_two_starts_of_mmengine_the_later_wrote_the_weights(tmp_path: Path):
    again = samples.json_lines([{"coco/bbox_mAP": 0.75, "step": 2}])
    logs = {
        "20261121_101010/vis_data/scalars.json": samples.MMENGINE_EPOCHS,
        "20261122_101010/vis_data/scalars.json": again,
    }
    found = _metrics(tmp_path, logs, "epoch_1.pth", "epoch_2.pth")
    assert found["epoch_1.pth"] == {"coco/bbox_mAP": 0.25}
    assert found["epoch_2.pth"] == {"coco/bbox_mAP": 0.75}


def test_detectron2_counts_from_0_in_both(tmp_path: Path):
    found = _metrics(
        tmp_path, {"metrics.json": samples.DETECTRON2}, "model_0004999.pth", "model_0009999.pth"
    )
    assert found["model_0004999.pth"]["bbox/AP"] == 41.5
    assert found["model_0009999.pth"] == {}


@pytest.mark.parametrize(
    ("log", "content", "metric", "value"),
    [
        ("result.json", samples.RAY, "acc", 0.25),
        ("progress.csv", samples.PROGRESS_CSV, "episode_reward_mean", 10.5),
    ],
)
def test_ray_names_the_checkpoint(tmp_path: Path, log: str, content: bytes, metric: str, value):
    marks = [f"checkpoint_00000{i}/{name}" for i in (0, 2) for name in ("x.pt", ".is_checkpoint")]
    found = _metrics(tmp_path, {log: content}, *marks)
    assert found["checkpoint_000000"][metric] == value
    assert found["checkpoint_000002"] == {}


@pytest.mark.parametrize(
    ("content", "metric"),
    [(samples.ULTRALYTICS_CSV, "metrics/mAP50(B)"), (samples.YOLO5_CSV, "metrics/mAP_0.5")],
)
def test_yolo_tables_lie_beside_the_weights_folder(tmp_path: Path, content: bytes, metric: str):
    names = ("weights/epoch0.pt", "weights/epoch1.pt", "weights/last.pt", "weights/best.pt")
    found = _metrics(tmp_path / "a", {"results.csv": content}, *names)
    assert [found[name].get(metric) for name in names[:2]] == [0.25, 0.5]
    further = _metrics(tmp_path / "b", {"results.csv": content}, *names, "weights/epoch9.pt")
    assert not any(further.values()), "a table of another run"


def test_timm_counts_epochs_and_says_so_in_its_summary(tmp_path: Path):
    names = ("checkpoint-0.pth.tar", "checkpoint-1.pth.tar")
    found = _metrics(tmp_path, {"summary.csv": samples.TIMM_CSV}, *names)
    assert [found[name]["eval_top1"] for name in names] == [50.0, 60.0]
    assert [by_id(tmp_path)[name].epoch for name in names] == [0, 1]


def test_stable_baselines_evaluations_lie_in_a_folder_of_logs(tmp_path: Path):
    found = _metrics(
        tmp_path,
        {"logs/evaluations.npz": samples.evaluations()},
        "checkpoints/rl_64_steps.zip",
        "checkpoints/rl_128_steps.zip",
    )
    assert found["checkpoints/rl_64_steps"]["mean_reward"] == 10.0
    assert found["checkpoints/rl_128_steps"]["mean_reward"] == 20.5


def test_checkpoints_inside_a_run_of_mlflow(tmp_path: Path):
    run = "mlruns/1/abc"
    files = {f"{run}/meta.yaml": b"x: 1\n", f"{run}/metrics/val/acc": samples.MLFLOW}
    names = [f"{run}/artifacts/checkpoints/step_{n}.pt" for n in (10, 20)]
    found = _metrics(tmp_path, files, *names)
    assert [found[name] for name in names] == [{"val/acc": 0.25}, {"val/acc": 0.125}]


def test_of_two_runs_of_mlflow_none_is_believed(tmp_path: Path):
    files = {
        f"mlruns/1/{run}/{name}": content
        for run in ("abc", "def")
        for name, content in (("meta.yaml", b"x: 1\n"), ("metrics/acc", samples.MLFLOW))
    }
    assert not any(_metrics(tmp_path, files, "step_10.pt", "step_20.pt").values())
    for path in (tmp_path / "mlruns/1/def").rglob("*"):
        path.unlink() if path.is_file() else None
    assert by_id(tmp_path)["step_10.pt"].metrics == {"acc": 0.25}


def _events(*runs: str, tag: str = "eval/loss") -> dict[str, bytes]:
    points = [(9, 4.0), (19, 3.0), (29, 2.0), (39, 1.0)]
    content = samples.event_file(points, tag) + samples.event(19, samples.simple_value("loss", 9))
    return {f"{run}events.out.tfevents.1.host": content for run in runs}


def test_event_files_join_the_newest_value_within_one_interval(tmp_path: Path):
    names = [f"ckpt/step_{n}.pt" for n in (5, 20, 40, 60)]
    found = _metrics(tmp_path, _events("logs/"), *names)
    assert [found[name] for name in names] == [{}, {"eval/loss": 3.0}, {"eval/loss": 1.0}, {}]


def test_lightning_without_a_csv_log(tmp_path: Path):
    names = (
        "version_0/checkpoints/epoch=0-step=20.ckpt",
        "version_0/checkpoints/epoch=1-step=40.ckpt",
    )
    found = _metrics(tmp_path, _events("version_0/", tag="val_loss"), *names)
    assert [found[name] for name in names] == [{"val_loss": 3.0}, {"val_loss": 1.0}]


def test_event_files_of_two_folders_may_be_two_runs(tmp_path: Path):
    files = _events("runs/a/", "runs/b/")
    assert not any(_metrics(tmp_path, files, "step_10.pt", "step_20.pt").values())
    (tmp_path / "runs/b/events.out.tfevents.1.host").unlink()
    assert any(one.metrics for one in by_id(tmp_path).values())


def test_two_models_in_one_folder_take_no_curve(tmp_path: Path):
    names = ("a_step_10.pt", "a_step_20.pt", "b_step_10.pt", "b_step_20.pt")
    assert not any(_metrics(tmp_path, _events(""), *names).values())


def test_a_name_that_contradicts_its_log_keeps_its_own(tmp_path: Path):
    """The log of one run beside the checkpoints of another, told by a rounded metric."""
    names = ("epoch=0-step=20-val_loss=7.77.ckpt", "epoch=1-step=40-val_loss=8.88.ckpt")
    found = _metrics(tmp_path, _events("", tag="val_loss"), *names)
    assert [found[name] for name in names] == [{"val_loss": 7.77}, {"val_loss": 8.88}]


def test_of_event_files_beyond_the_limit_nothing_is_joined_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    names = ("step_10.pt", "step_20.pt")
    assert any(_metrics(tmp_path, _events(""), *names).values())
    assert scan(str(tmp_path)).warnings == ()
    monkeypatch.setattr(late_metrics, "WHOLE", Limit(run=100, scan=10))
    catalog = scan(str(tmp_path))
    assert not any(one.metrics for one in catalog.checkpoints)
    (warning,) = catalog.warnings
    assert "of event files; their metrics are not known yet" in warning


def test_of_curves_those_on_held_out_data_count_and_never_a_clock():
    names = ["train/loss", "val_loss_epoch", "epoch", "lr-Adam", "eval/runtime", "time/fps"]
    curves = {name: Curve([10], [1.0]) for name in names}
    assert by_curves(curves, [checkpoint(10)]) == {"checkpoint-10": {"val_loss_epoch": 1.0}}
    del curves["val_loss_epoch"]
    assert by_curves(curves, [checkpoint(10)]) == {"checkpoint-10": {"train/loss": 1.0}}
    keras = {"epoch_loss": Curve([10], [1.0])}
    assert by_curves(keras, [checkpoint(10)]) == {"checkpoint-10": {"epoch_loss": 1.0}}
