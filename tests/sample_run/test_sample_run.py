"""The sample run as a whole: its checkpoints, sizes, times, history, and what it refuses."""

import json
import math
import os
import stat
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from keepstep.tui.sample.run import build_sample_run

NOW = 1_763_806_800.0  # as in conftest.py: 2025-11-22 10:20:00 UTC
STEPS = [*range(100, 17_001, 100), 12_345]
FILES = {
    "config.json",
    "generation_config.json",
    "model.safetensors",
    "optimizer.pt",
    "rng_state.pth",
    "scheduler.pt",
    "trainer_state.json",
    "training_args.bin",
}


def state_at(run, step):
    return json.loads((run / f"checkpoint-{step}" / "trainer_state.json").read_text())


def test_there_are_172_checkpoints_one_stray_and_one_being_written(run):
    names = {path.name for path in run.glob("checkpoint-*")}
    assert names == {f"checkpoint-{step}" for step in [*STEPS, 17_100]}
    assert len(names) == 172


def test_every_complete_checkpoint_has_all_files_and_looks_like_3_6_gigabytes(run):
    for step in STEPS:
        sizes = {path.name: path.stat().st_size for path in (run / f"checkpoint-{step}").iterdir()}
        assert set(sizes) == FILES
        assert 3.564e9 < sum(sizes.values()) < 3.636e9


def test_the_whole_tree_takes_little_disk(run):
    blocks = sum(path.lstat().st_blocks for path in run.rglob("*"))
    assert blocks * 512 < 40e6


def test_the_best_so_far_is_0_4127_at_16300(run):
    for step in (16_300, 17_000):
        state = state_at(run, step)
        assert state["best_metric"] == 0.4127
        assert state["best_global_step"] == 16_300
        assert state["best_model_checkpoint"] == "/scratch/amy/run7/checkpoint-16300"
    assert state_at(run, 16_200)["best_metric"] > 0.4127


@pytest.mark.parametrize("step", STEPS[::17] + STEPS[-2:])
def test_a_state_reports_its_own_step_and_all_rows_before_it(run, step):
    state = state_at(run, step)
    evals = {row["step"]: row["eval_loss"] for row in state["log_history"] if "eval_loss" in row}
    trains = [row["step"] for row in state["log_history"] if "loss" in row]
    assert (state["global_step"], state["epoch"]) == (step, step / 1000)
    assert list(evals) == trains == list(range(100, step + 1, 100))
    assert state["best_metric"] == min(evals.values()) == evals[state["best_global_step"]]
    assert list(state) == sorted(state)


def test_the_curve_falls_and_stays_finite(run):
    rows = state_at(run, 17_000)["log_history"]
    losses = [row["eval_loss"] for row in rows if "eval_loss" in row]
    assert all(map(math.isfinite, losses))
    assert 2.8 < losses[0] < 3.0
    assert sorted(losses)[:2] != [0.4127, 0.4127]
    means = [sum(losses[at : at + 10]) / 10 for at in range(0, 170, 10)]
    assert means == sorted(means, reverse=True)


def test_logs_settings_and_pointer_stand_in_the_root(run):
    assert os.readlink(run / "latest") == "checkpoint-17000"
    rows = [json.loads(line) for line in (run / "trainer_log.jsonl").read_text().splitlines()]
    assert [row["current_steps"] for row in rows] == list(range(100, 17_101, 100))
    assert "pre-empted" in (run / "training.log").read_text()
    assert json.loads((run / "args.json").read_text())["max_steps"] == 20_000
    assert (run / "config.yaml").read_text().startswith("output_dir: ")
    assert not (run / "model.safetensors").exists()


def test_one_checkpoint_is_pinned(run):
    assert json.loads((run / ".keepstep" / "pins.json").read_text()) == {
        "format": "keepstep/pin-file",
        "version": 1,
        "pins": [
            {
                "name": "checkpoint-13100",
                "note": "figure 4",
                "by": "amy",
                "at": "2025-11-22T08:20:00+00:00",
            }
        ],
    }


@pytest.mark.parametrize(
    ("step", "age"),
    [(17_000, 300), (16_900, 720), (100, 300 + 169 * 420), (12_345, 300 + 19_551), (17_100, 40)],
)
def test_a_save_every_seven_minutes(run, step, age):
    folder = run / f"checkpoint-{step}"
    for path in [folder, *folder.iterdir()]:
        assert path.stat().st_mtime == pytest.approx(NOW - age, abs=0.001)


def snapshot(directory: Path):
    """Names, times and written bytes; of a hole only the start: all of it is 600 GB."""
    seen = {}
    for path in sorted(directory.rglob("*")):
        status = path.lstat()
        content = b""
        if stat.S_ISREG(status.st_mode):
            with path.open("rb") as file:
                content = file.read(100_000)
                file.seek(max(status.st_size - 1000, 0))
                content += file.read()
        size = status.st_size if content else 0
        seen[str(path.relative_to(directory))] = (status.st_mtime_ns, size, zlib.crc32(content))
    return seen


def test_the_same_moment_gives_the_same_run(run, tmp_path):
    build_sample_run(tmp_path / "a" / "again", now=NOW)
    assert snapshot(tmp_path / "a" / "again") == snapshot(run)


def test_another_moment_only_shifts_the_times(run, tmp_path):
    build_sample_run(tmp_path, now=NOW + 86_400)
    again, first = snapshot(tmp_path), snapshot(run)
    checkpoint = [name for name in first if name.startswith("checkpoint-")]
    assert all(again[name][0] == first[name][0] + 86_400 * 10**9 for name in checkpoint)
    assert all(again[name][1:] == first[name][1:] for name in checkpoint)


def test_a_directory_with_anything_in_it_is_refused_and_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(FileExistsError, match=f"{tmp_path} is not empty"):
        build_sample_run(tmp_path, now=NOW)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_file_or_a_dangling_link_in_the_way_is_refused(tmp_path):
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_text("precious")
    link.symlink_to("nowhere")
    for path in (file, link):
        with pytest.raises(FileExistsError, match=f"{path} is not a directory"):
            build_sample_run(path, now=NOW)


def test_the_builder_is_light_to_import():
    heavy = "{'textual', 'rich', 'numpy', 'keepstep.policies'}"
    code = f"import sys, keepstep.tui.sample.run; print({heavy} & set(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout == "set()\n"
