"""Exact metrics from a log beside the checkpoints, and when the log is not believed."""

from __future__ import annotations

from pathlib import Path

from keepstep.policies import scan

from ..trees import torch_zip

LOG = """epoch,step,train_loss,val_loss
0,7,0.75,
0,7,,0.625
1,15,,0.375
"""


def _metrics(run: Path, log: str, *names: str, folder: str = "version_0/checkpoints"):
    place = run / folder
    place.mkdir(parents=True)
    for name in names:
        torch_zip(place / name)
    (run / "version_0").mkdir(exist_ok=True)
    (run / "version_0" / "metrics.csv").write_text(log)
    return {one.id.rpartition("/")[2]: dict(one.metrics) for one in scan(str(run)).checkpoints}


def test_the_log_gives_what_names_leave_out(tmp_path: Path):
    names = ("epoch=0-step=8.ckpt", "epoch=1-step=16-val_loss=0.38.ckpt", "last.ckpt")
    assert _metrics(tmp_path, LOG, *names) == {
        names[0]: {"train_loss": 0.75, "val_loss": 0.625},
        names[1]: {"val_loss": 0.375},
        names[2]: {},
    }


def test_checkpoints_that_lie_beside_the_log(tmp_path: Path):
    name = "epoch=1-step=16.ckpt"
    assert _metrics(tmp_path, LOG, name, folder="version_0") == {name: {"val_loss": 0.375}}


def test_a_row_that_contradicts_the_name_is_another_runs(tmp_path: Path):
    name = "epoch=1-step=16-val_loss=0.91.ckpt"
    assert _metrics(tmp_path, LOG, name) == {name: {"val_loss": 0.91}}


def test_of_two_runs_in_one_folder_only_a_proven_row_counts(tmp_path: Path):
    names = ("epoch=0-step=8.ckpt", "epoch=0-step=8-v1.ckpt")
    assert _metrics(tmp_path / "a", LOG, *names) == {names[0]: {}, names[1]: {}}
    evicted = ("epoch=0-step=8-v1.ckpt", "epoch=1-step=16.ckpt")
    assert _metrics(tmp_path / "c", LOG, *evicted) == {evicted[0]: {}, evicted[1]: {}}
    first, second = "epoch=0-step=8-val_loss=0.62.ckpt", "epoch=0-step=8-val_loss=0.62-v1.ckpt"
    exact = {"val_loss": 0.625, "train_loss": 0.75}
    assert _metrics(tmp_path / "b", LOG, first, second) == {first: exact, second: exact}


def test_a_step_of_another_epoch_joins_nothing(tmp_path: Path):
    name = "epoch=4-step=8.ckpt"
    assert _metrics(tmp_path, LOG, name) == {name: {}}


def test_names_without_a_step_join_by_epoch(tmp_path: Path):
    name = "epoch=1-val_loss=0.38.ckpt"
    assert _metrics(tmp_path, LOG, name) == {name: {"val_loss": 0.375}}


def test_a_log_that_is_none_changes_nothing(tmp_path: Path):
    name = "epoch=1-step=16-val_loss=0.38.ckpt"
    for number, text in enumerate(("", "\0" * 100, "a,b\n1,2\n", '"' * 300_000)):
        assert _metrics(tmp_path / str(number), text, name) == {name: {"val_loss": 0.38}}


def test_nan_in_the_log_stays_what_it_is(tmp_path: Path):
    name = "epoch=1-step=16.ckpt"
    found = _metrics(tmp_path, "epoch,step,val_loss\n1,15,nan\n", name)
    assert str(found[name]["val_loss"]) == "nan"


def _keras(run: Path, *epochs: int, **logs: str):
    run.mkdir()
    for epoch in epochs:
        (run / f"weights.{epoch:02}.weights.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + b"\0" * 64)
    for name, text in logs.items():
        (run / f"{name}.log").write_text(text)
    return [one.metrics.get("val_loss") for one in scan(str(run)).checkpoints]


def test_keras_names_count_from_1_and_its_log_from_0(tmp_path: Path):
    log = "epoch,loss,val_loss\n0,0.5,0.75\n1,0.25,0.5\n"
    assert _keras(tmp_path / "a", 1, 2, training=log) == [0.75, 0.5]
    assert _keras(tmp_path / "b", 1, 2, one=log, two=log) == [None, None], "which of two?"
    assert _keras(tmp_path / "c", 1, 2, 3, training=log) == [None] * 3, "another run's log"
    assert _keras(tmp_path / "d", 1, 2, training="no log\n") == [None, None]


def test_orbax_keeps_metrics_inside_each_step(tmp_path: Path):
    for step in (0, 10):
        (tmp_path / str(step) / "metrics").mkdir(parents=True)
        (tmp_path / str(step) / "default").mkdir()
        (tmp_path / str(step) / "default" / "_METADATA").write_text("{}")
        (tmp_path / str(step) / "_CHECKPOINT_METADATA").write_text("{}")
        (tmp_path / str(step) / "metrics" / "metrics").write_text(f'{{"loss": 0.{step}5}}')
    assert [one.metrics for one in scan(str(tmp_path)).checkpoints] == [
        {"loss": 0.05},
        {"loss": 0.105},
    ]
