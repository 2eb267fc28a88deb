"""The off-by-one rules: which row belongs to which checkpoint."""

from __future__ import annotations

import pytest
from keepstep.policies.catalog.readers import join
from keepstep.policies.catalog.readers.csv_log import LogKind, read_csv_log
from keepstep.policies.catalog.readers.json_lines import read_json_lines
from keepstep.policies.catalog.readers.records import Curve, LogRow

from . import samples
from .memory_tree import folder_of


def _csv(text: bytes):
    log = read_csv_log(folder_of({"x": text}), "x")
    assert log is not None
    return log


def _lines(data: bytes):
    log = read_json_lines(folder_of({"x": data}), "x")
    assert log is not None
    return log.rows


def test_lightning_logs_one_step_less_than_the_name_says():
    rows = _csv(samples.LIGHTNING_CSV).rows
    assert join.lightning_step(rows, 8, 0) == {
        "train_loss": 0.75,
        "val_acc": 0.5,
        "val_loss": 0.625,
    }
    assert join.lightning_step(rows, 16, 1) == {"val_acc": 0.75, "val_loss": 0.375}
    assert join.lightning_step(rows, 7, 0) == {}
    assert join.lightning_step(rows, 8, 3) == {}, "two optimizers: another epoch's row"


def test_lightning_without_a_step_takes_what_an_epoch_logged_once():
    rows = _csv(samples.LIGHTNING_CSV).rows
    assert join.lightning_epoch(rows, 0) == {"val_acc": 0.5, "val_loss": 0.625}
    assert join.lightning_epoch(rows, 1) == {"train_loss": 0.5, "val_acc": 0.75, "val_loss": 0.375}
    assert join.lightning_epoch(rows, 2) == {}


@pytest.mark.parametrize(
    ("text", "epoch", "metric", "value"),
    [
        (samples.KERAS_CSV, 1, "val_loss", 0.75),  # named from 1, logged from 0
        (samples.KERAS_CSV, 2, "val_loss", 0.5),
        (samples.ULTRALYTICS_CSV, 0, "metrics/mAP50(B)", 0.25),  # the other way round
        (samples.ULTRALYTICS_CSV, 1, "metrics/mAP50(B)", 0.5),
        (samples.YOLO5_CSV, 0, "metrics/mAP_0.5", 0.25),  # one number for both
        (samples.TIMM_CSV, 1, "eval_top1", 60.0),
    ],
)
def test_epochs(text: bytes, epoch: int, metric: str, value: float):
    log = _csv(text)
    assert join.by_epoch(log.kind, log.rows, epoch)[metric] == value


def test_epochs_beyond_the_log_join_nothing():
    log = _csv(samples.KERAS_CSV)
    assert join.by_epoch(log.kind, log.rows, 0) == {}
    assert join.by_epoch(log.kind, log.rows, 3) == {}
    assert join.by_epoch(LogKind.PROGRESS, log.rows, 1) == {}


def test_mmengine_calls_the_epoch_of_a_validation_a_step():
    rows = _lines(samples.MMENGINE_EPOCHS)
    assert join.mmengine_epoch(rows, 1) == {"coco/bbox_mAP": 0.25}
    assert join.mmengine_epoch(rows, 2) == {"coco/bbox_mAP": 0.5}
    assert join.mmengine_epoch(rows, 10) == {}


def test_mmengine_validations_by_iteration_are_placed_by_their_neighbours():
    rows = _lines(samples.MMENGINE_ITERATIONS)
    saved = [10, 20]
    assert join.mmengine_iteration(rows, 10, saved) == {"mIoU": 25.0}
    assert join.mmengine_iteration(rows, 20, saved) == {"mIoU": 50.0}
    assert join.mmengine_iteration(rows, 10, [10, 15]) == {}, "which of two was measured?"
    assert join.mmengine_iteration(rows, 5, saved) == {}
    assert join.mmengine_iteration([*rows[:2], rows[1]], 10, saved) == {}, "measured twice"


def test_ray_names_the_checkpoint_itself():
    rows = _lines(samples.RAY)
    assert join.by_checkpoint(rows, "checkpoint_000000") == {"acc": 0.25}
    assert join.by_checkpoint(rows, "checkpoint_000001") == {}


def test_detectron2_counts_both_from_0():
    assert join.by_step(_lines(samples.DETECTRON2), 4999)["bbox/AP"] == 41.5


def test_curves_take_the_newest_value_within_one_interval():
    curve = Curve([9, 19, 29, 39], [4.0, 3.0, 2.0, 1.0])
    assert join.curve_value(curve, 40) == 1.0
    assert join.curve_value(curve, 20) == 3.0
    assert join.curve_value(curve, 5) is None
    assert join.curve_value(curve, 60) is None, "the log ended long before"
    assert join.curve_value(curve, 40, within=0) is None
    restarted = Curve([10, 20, 10, 20], [4.0, 3.0, 2.0, 1.0])
    assert join.curve_value(restarted, 10) == 2.0


@pytest.mark.parametrize(
    ("named", "logged", "same"),
    [
        (0.56, 0.5634174942970276, True),
        (0.56, 0.5654, False),
        (0.5, 0.5254, True),  # "0.50" and "0.5" are one number: the looser reading
        (0.53, 0.5254, True),
        (3.0, 3.4, True),
        (1e-05, 1.2e-05, True),
        (1e-05, 2e-05, False),
        (-0.5876, -0.58761, True),
        (float("nan"), float("nan"), True),
        (float("inf"), 1.0, False),
    ],
)
def test_a_name_agrees_with_a_row_that_rounds_to_it(named: float, logged: float, same: bool):
    assert join.agrees({"val_loss": named}, {"val_loss": logged, "acc": 1.0}) is same
    assert join.agrees({"other": named}, {"val_loss": logged})


def test_of_a_metric_that_was_logged_twice_the_later_counts():
    rows = [LogRow(7, 0, {"a": 1.0, "b": 1.0}), LogRow(7, 0, {"a": 2.0})]
    assert join.merged(rows) == {"a": 2.0, "b": 1.0}
