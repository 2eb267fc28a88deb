"""Logs and headers: every reader on a small valid file, and on one cut short."""

from __future__ import annotations

import math
import struct

import pytest
from keepstep.policies.catalog.readers import csv_log, event_file, json_lines
from keepstep.policies.catalog.readers.csv_log import LogKind, read_csv_log
from keepstep.policies.catalog.readers.event_file import EventScalars, read_event_file
from keepstep.policies.catalog.readers.json_lines import read_json_lines
from keepstep.policies.catalog.readers.mlflow import read_mlflow_metrics
from keepstep.policies.catalog.readers.orbax import OrbaxStep, read_orbax_step
from keepstep.policies.catalog.readers.records import LogRow, Progress
from keepstep.policies.catalog.readers.safetensors import progress_of, read_safetensors
from keepstep.policies.catalog.readers.sb3 import read_evaluations, read_sb3_model
from keepstep.policies.catalog.readers.small_json import (
    read_kohya_state,
    read_levanter,
    read_spacy,
    read_speechbrain,
)
from keepstep.policies.catalog.tree import Folder

from . import samples
from .memory_tree import MemoryTree, folder_of


def _points(curve):
    return list(zip(curve.steps, curve.values, strict=True))


def test_safetensors_metadata_and_exact_length():
    data = samples.safetensors({"ss_epoch": "3", "ss_steps": "500"})
    header = read_safetensors(folder_of({"x": data}), "x")
    assert header is not None
    assert (header.tensors, header.whole) == (1, True)
    assert progress_of(header) == Progress(step=500, epoch=3)
    for wrong in (data[:-1], data + b"\0"):
        header = read_safetensors(folder_of({"x": wrong}), "x")
        assert header is not None
        assert not header.whole
    assert read_safetensors(folder_of({"x": data[:40]}), "x") is None


def test_event_file_in_both_forms_of_a_scalar():
    data = samples.event_file([(1, 0.5), (2, 0.25)]) + samples.event(
        3, samples.tensor_value("epoch_loss", 0.125), samples.simple_value("eval/loss", 0.0625)
    )
    found = read_event_file(folder_of({"x": data}), "x")
    assert found is not None
    assert _points(found.curves["eval/loss"]) == [(1, 0.5), (2, 0.25), (3, 0.0625)]
    assert _points(found.curves["epoch_loss"]) == [(3, 0.125)]
    assert (found.offset, found.more, found.broken) == (len(data), False, False)


def test_event_file_of_a_live_writer_is_resumed_where_it_ended():
    data = samples.event_file([(1, 0.5), (2, 0.25)])
    first = read_event_file(folder_of({"x": data[:-3]}), "x")
    assert first is not None
    assert _points(first.curves["eval/loss"]) == [(1, 0.5)]
    assert (first.more, first.broken) == (False, False)
    rest = read_event_file(folder_of({"x": data}), "x", first)
    assert rest is not None
    assert _points(rest.curves["eval/loss"]) == [(1, 0.5), (2, 0.25)]


def test_event_file_skips_large_records_without_reading_them():
    image = samples.record(b"\x2a" + b"\0" * 1_500_000)
    tree = MemoryTree(
        {"x": samples.event_file([(1, 0.5)]) + image * 20 + samples.event_file([(2, 1.0)])}
    )
    found = read_event_file(Folder(tree, ""), "x")
    assert found is not None
    assert _points(found.curves["eval/loss"]) == [(1, 0.5), (2, 1.0)]
    assert tree.bytes_read < 3_000_000


def test_event_file_reads_a_long_record_that_is_not_skipped():
    values = [samples.simple_value(f"tag/{n:05}", 0.5) for n in range(20_000)]
    found = read_event_file(folder_of({"x": samples.event(7, *values)}), "x")
    assert found is not None
    assert len(found.curves) == event_file._MAX_TAGS
    assert not found.more


def test_event_file_stops_at_its_budget_and_says_so():
    data = samples.event_file([(n, 0.5) for n in range(5000)])
    found = read_event_file(folder_of({"x": data}), "x", max_cost=64_000)
    assert found is not None
    assert found.more
    assert 0 < len(found.curves["eval/loss"].steps) < 5000
    rest = read_event_file(folder_of({"x": data}), "x", found)
    assert rest is not None
    assert not rest.more
    assert list(rest.curves["eval/loss"].steps) == list(range(5000))


def test_event_file_ends_at_zeros_and_at_nonsense():
    data = samples.event_file([(1, 0.5)])
    zeros = read_event_file(folder_of({"x": data + b"\0" * 1000}), "x")
    assert zeros is not None
    assert (zeros.offset, zeros.broken, zeros.more) == (len(data), True, False)
    nonsense = read_event_file(folder_of({"x": data + struct.pack("<QI", 2**63, 0)}), "x")
    assert nonsense is not None
    assert nonsense.offset == len(data)
    beyond = read_event_file(folder_of({"x": data}), "x", EventScalars(offset=10**30))
    assert beyond is not None
    assert beyond.curves == {}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (samples.LIGHTNING_CSV, LogKind.STEPS),
        (samples.KERAS_CSV, LogKind.KERAS),
        (samples.YOLO5_CSV, LogKind.EPOCHS),
        (samples.ULTRALYTICS_CSV, LogKind.ULTRALYTICS),
        (samples.TIMM_CSV, LogKind.EPOCHS),
        (samples.PROGRESS_CSV, LogKind.PROGRESS),
    ],
)
def test_csv_kinds(text: bytes, kind: LogKind):
    log = read_csv_log(folder_of({"x.csv": text}), "x.csv")
    assert log is not None
    assert log.kind == kind


def test_csv_rows_hold_what_is_written():
    log = read_csv_log(folder_of({"x.csv": samples.LIGHTNING_CSV}), "x.csv")
    assert log is not None
    assert log.rows[2] == LogRow(7, 0, {"val_acc": 0.5, "val_loss": 0.625})
    padded = read_csv_log(folder_of({"x.csv": samples.YOLO5_CSV}), "x.csv")
    assert padded is not None
    assert padded.rows[1] == LogRow(None, 1, {"train/box_loss": 0.05555, "metrics/mAP_0.5": 0.5})
    ray = read_csv_log(folder_of({"x.csv": samples.PROGRESS_CSV}), "x.csv")
    assert ray is not None
    assert ray.rows[1] == LogRow(2, None, {"episode_reward_mean": 12.5}, "checkpoint_000001")


def test_csv_of_ultralytics_that_counts_from_0_is_joined_like_yolov5():
    text = samples.ULTRALYTICS_CSV.replace(b"\n1,", b"\n0,").replace(b"\n2,", b"\n1,")
    log = read_csv_log(folder_of({"x.csv": text}), "x.csv")
    assert log is not None
    assert log.kind == LogKind.EPOCHS


def test_csv_that_is_no_log_or_damaged():
    folder = folder_of(
        {"a": b"name,size\nx,1\n", "b": b"", "c": b"epoch\n1\n", "d": b"\0\xff" * 99}
    )
    assert [read_csv_log(folder, name) for name in "abcde"] == [None] * 5
    cut = read_csv_log(folder_of({"x": samples.LIGHTNING_CSV[:-5]}), "x")
    assert cut is not None
    assert len(cut.rows) == 4, "half a number is none"
    quoted = read_csv_log(folder_of({"x": b'epoch,loss\n1,0.5\n"' + b"x" * 200_000}), "x")
    assert quoted is not None
    assert len(quoted.rows) == 1


def test_csv_that_is_very_long_gives_its_newest_rows(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(csv_log, "MAX_BYTES", 1000)
    text = b"epoch,step,loss\n" + b"".join(b"0,%d,0.5\n" % n for n in range(1000))
    log = read_csv_log(folder_of({"x": text}), "x")
    assert log is not None
    assert log.rows[-1].step == 999
    assert 50 < len(log.rows) < 150


def test_json_lines_of_every_framework():
    def rows(data: bytes):
        log = read_json_lines(folder_of({"x": data}), "x")
        return log and log.rows

    assert rows(samples.MMENGINE_EPOCHS)[1] == LogRow(1, None, {"coco/bbox_mAP": 0.25})
    assert rows(samples.MMENGINE_EPOCHS)[0] == LogRow(10, 1, {"loss": 0.5})
    assert rows(samples.RAY)[0] == LogRow(1, None, {"acc": 0.25}, "checkpoint_000000")
    assert rows(samples.RAY)[1].checkpoint == ""
    assert rows(samples.DETECTRON2)[1] == LogRow(4999, None, {"total_loss": 0.5, "bbox/AP": 41.5})
    assert len(rows(samples.DETECTRON2[:-10])) == 1, "a live writer's last line"
    assert rows(b"no json\n" * 5000) is None
    assert rows(b"") is None


def test_json_lines_that_are_very_long_give_their_newest_rows(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(json_lines, "MAX_BYTES", 1000)
    data = samples.json_lines([{"step": n, "loss": 0.5} for n in range(1000)])
    log = read_json_lines(folder_of({"x": data}), "x")
    assert log is not None
    assert log.rows[-1].step == 999
    assert len(log.rows) < 100


def test_mlflow_keys_are_paths_and_its_last_line_may_be_cut():
    files = {"val/loss": samples.MLFLOW + b"17952", "acc": b"1 0.5 3\n", "old": b"1 0.5\n"}
    curves = read_mlflow_metrics(folder_of(files))
    assert _points(curves["val/loss"]) == [(0, 0.5), (10, 0.25), (20, 0.125)]
    assert _points(curves["acc"]) == [(3, 0.5)]
    assert _points(curves["old"]) == [(0, 0.5)]


def test_stable_baselines():
    data = b'{"num_timesteps": 128, "policy": {":serialized:": "gASVCw=="}}'
    folder = folder_of({"m.zip": samples.zipped({"data": data}), "e.npz": samples.evaluations()})
    assert read_sb3_model(folder, "m.zip") == Progress(step=128)
    curves = read_evaluations(folder, "e.npz")
    assert _points(curves["mean_reward"]) == [(64, 10.0), (128, 20.5)]
    assert _points(curves["mean_ep_length"]) == [(64, 10.0), (128, 20.5)]
    assert read_evaluations(folder, "m.zip") == {}


def test_orbax_metrics_and_commit():
    files = {
        "metrics/metrics": b'{"val_acc": 0.9, "val_loss": NaN}',
        "_CHECKPOINT_METADATA": b'{"commit_timestamp_nsecs": 5, "metrics": {}}',
    }
    step = read_orbax_step(folder_of(files))
    assert step.committed is True
    assert step.metrics["val_acc"] == 0.9
    assert math.isnan(step.metrics["val_loss"])
    torn = folder_of({"_CHECKPOINT_METADATA": b'{"commit_timestamp_nsecs": null}'})
    assert read_orbax_step(torn) == OrbaxStep({}, False)
    assert read_orbax_step(folder_of({})) == OrbaxStep({}, None)


def test_small_files_of_four_frameworks():
    files = {
        "metadata.json": b'{"step": 7, "is_temporary": true}',
        "train_state.json": b'{"current_epoch": 3, "current_step": 500}',
        "CKPT.yaml": samples.CKPT_YAML,
        "meta.json": b'{"performance": {"ents_f": 0.5, "per_type": {}}}',
    }
    folder = folder_of(files)
    assert read_levanter(folder) == Progress(step=7, temporary=True)
    assert read_kohya_state(folder) == Progress(step=500, epoch=3)
    assert read_speechbrain(folder) == Progress(epoch=3, metrics={"WER": 23.5})
    assert read_spacy(folder) == Progress(metrics={"ents_f": 0.5})
    empty = folder_of(dict.fromkeys(files, b"[1"))
    for read in (read_levanter, read_kohya_state, read_speechbrain, read_spacy):
        assert read(empty) is None
        assert read(folder_of({})) is None
