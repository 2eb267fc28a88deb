"""Symlinks and tags: resolved, dangling, looping, leading outside; never followed."""

from __future__ import annotations

from pathlib import Path

from keepstep.policies import scan

from ..trees import hugging_face


def _pointers(root: Path):
    return {one.path: (one.resolved, one.trouble) for one in scan(str(root)).pointers}


def test_symlinks_in_every_state(tmp_path: Path):
    run = tmp_path / "run"
    hugging_face(run, [100, 200])
    (run / "latest").symlink_to("checkpoint-200")
    (run / "best").symlink_to("latest")
    (run / "last").symlink_to(run / "checkpoint-100")
    (run / "final").symlink_to("checkpoint-900")
    (run / "current").symlink_to("newest")
    (run / "newest").symlink_to("current")
    (run / "best.outside").symlink_to("../elsewhere")
    (run / "weights").symlink_to("checkpoint-100/model.safetensors")
    assert _pointers(run) == {
        "latest": ("checkpoint-200", ""),
        "best": ("checkpoint-200", ""),
        "last": ("checkpoint-100", ""),
        "final": (None, "dangling"),
        "current": (None, "loop"),
        "newest": (None, "loop"),
        "best.outside": (None, "outside the root"),
        "weights": ("checkpoint-100", ""),
    }
    assert len(scan(str(run)).warnings) == 4


def test_a_link_that_concerns_no_checkpoint_is_left_alone(tmp_path: Path):
    hugging_face(tmp_path, [100])
    (tmp_path / "data").symlink_to("/nowhere")
    assert scan(str(tmp_path)).unrecognised == ("data",)


def test_a_linked_directory_is_not_walked_into(tmp_path: Path):
    hugging_face(tmp_path / "other", [100])
    hugging_face(tmp_path / "run", [500])
    (tmp_path / "run" / "archive").symlink_to("../other")
    assert [one.id for one in scan(str(tmp_path / "run")).checkpoints] == ["checkpoint-500"]


def test_best_of_another_machine_is_found_by_its_last_part(tmp_path: Path):
    hugging_face(tmp_path, [100, 200], best="/scratch/amy/run7/checkpoint-100")
    assert _pointers(tmp_path) == {"checkpoint-200/trainer_state.json": ("checkpoint-100", "")}


def test_a_best_that_is_gone_is_dangling(tmp_path: Path):
    hugging_face(tmp_path, [100, 200], best="/scratch/amy/run7/checkpoint-50")
    assert _pointers(tmp_path) == {"checkpoint-200/trainer_state.json": (None, "dangling")}


def test_a_best_of_another_run_is_not_taken_for_this_ones(tmp_path: Path):
    hugging_face(tmp_path / "run7", [100, 200], best="/scratch/amy/run7/checkpoint-50")
    hugging_face(tmp_path / "run8", [50, 100])
    assert _pointers(tmp_path) == {"run7/checkpoint-200/trainer_state.json": (None, "dangling")}


def test_a_moved_run_is_told_by_more_of_the_path(tmp_path: Path):
    hugging_face(tmp_path / "copy", [100, 200], best="/scratch/amy/run7/checkpoint-100")
    hugging_face(tmp_path / "run7", [100])
    hugging_face(tmp_path / "run8", [100])
    tag = "copy/checkpoint-200/trainer_state.json"
    assert _pointers(tmp_path) == {tag: ("run7/checkpoint-100", "")}


def test_two_that_fit_equally_are_none(tmp_path: Path):
    hugging_face(tmp_path / "a" / "run7", [100])
    hugging_face(tmp_path / "b" / "run7", [100])
    hugging_face(tmp_path / "run9", [200], best="C:\\amy\\run7\\checkpoint-100")
    tag = "run9/checkpoint-200/trainer_state.json"
    assert _pointers(tmp_path) == {tag: (None, "dangling")}
