"""Where state lies: beside the run, and never in accelerate's own folder."""

from __future__ import annotations

from pathlib import Path

from keepstep.policies.places import state_directory


def test_beside_the_checkpoints(tmp_path: Path):
    assert state_directory(str(tmp_path)) == str(tmp_path / ".keepstep")


def test_above_the_folder_of_accelerate_even_when_it_has_been_emptied(tmp_path: Path):
    folder = tmp_path / "checkpoints"
    (folder / "checkpoint_0").mkdir(parents=True)
    assert state_directory(str(folder)) == str(tmp_path / ".keepstep")
    (tmp_path / ".keepstep").mkdir()
    (folder / "checkpoint_0").rmdir()
    assert state_directory(str(folder)) == str(tmp_path / ".keepstep")


def test_other_frameworks_use_that_name_too(tmp_path: Path):
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    assert state_directory(str(folder)) == str(folder / ".keepstep")


def test_what_was_begun_in_a_folder_stays_there(tmp_path: Path):
    folder = tmp_path / "checkpoints"
    (folder / ".keepstep").mkdir(parents=True)
    (tmp_path / ".keepstep").mkdir()
    assert state_directory(str(folder)) == str(folder / ".keepstep")
