"""Dated snapshots through the commands: taken, aged, lost, brought back."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from keepstep.policies import scan
from keepstep.policies.catalog.model import State
from keepstep.policies.places import SNAPSHOT_RECORD
from keepstep.policies.snapshots.take import newest_of_each, take

from ..policies.catalog.test_real_archives import ARCHIVES
from ..policies.trees import hugging_face, set_saved
from ..real.unpack import unpack
from ..tree_snapshot import snapshot
from .command_line import keepstep

STEPS = range(100, 600, 100)
DAY = 86_400


@pytest.fixture
def run(tmp_path: Path) -> Path:
    hugging_face(tmp_path / "run7", STEPS)
    return tmp_path / "run7"


def _taken(run: Path) -> Path:
    [found] = (run / "snapshots").iterdir()
    return found


def _contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        path.name: (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.iterdir()
        if path.name != SNAPSHOT_RECORD
    }


def test_a_snapshot_is_the_checkpoint_and_costs_nothing(run: Path):
    done = keepstep("snapshot", run)
    assert done.returncode == 0
    found = _taken(run)
    assert found.name == time.strftime("%Y-%m-%d")
    assert _contents(found) == _contents(run / "checkpoint-500")
    weights = (found / "model.safetensors").stat()
    if "hard links" in done.stdout:
        assert weights.st_ino == (run / "checkpoint-500" / "model.safetensors").stat().st_ino
    assert [series.id for series in scan(str(run)).series] == ["checkpoint-*", "snapshots/*"]


def test_a_copy_shares_no_file(run: Path):
    keepstep("snapshot", run, "--copy")
    for path in _taken(run).iterdir():
        assert path.stat().st_nlink == 1
    assert _contents(_taken(run)) == _contents(run / "checkpoint-500")


def test_nothing_new_is_no_new_snapshot(run: Path):
    keepstep("snapshot", run)
    again = keepstep("snapshot", run)
    assert again.returncode == 0
    assert "is there already: nothing newer than checkpoint-500 was saved" in again.stdout
    hugging_face(run, [600])
    assert "checkpoint-600" in keepstep("snapshot", run).stdout
    first, second = sorted(path.name for path in (run / "snapshots").iterdir())
    assert second.startswith(f"{first}_")


def test_what_is_unfinished_or_damaged_is_no_snapshot(run: Path):
    (run / "checkpoint-500" / "trainer_state.json").unlink()
    assert "checkpoint-400" in keepstep("snapshot", run).stdout


def _bytes_below(path: Path) -> dict[str, tuple[int, int, bytes]]:
    """Mode, time and contents of everything at and below, links not followed."""
    found = {}
    for each in [path, *path.rglob("*")]:
        status = each.lstat()
        data = os.readlink(each).encode() if each.is_symlink() else b""
        data = each.read_bytes() if each.is_file() and not each.is_symlink() else data
        found[str(each.relative_to(path))] = (status.st_mode, status.st_mtime_ns, data)
    return found


def _days(run: Path, count: int) -> list[str]:
    """A snapshot for each of so many days, each of the checkpoint saved on it."""
    noon = datetime(2026, 11, 1, 12, tzinfo=UTC).timestamp()
    shutil.rmtree(run)
    days = []
    for number in range(count):
        step = 100 * (number + 1)
        hugging_face(run, [step])
        at = noon + number * DAY
        set_saved(run / f"checkpoint-{step}", at)
        catalog = scan(str(run))
        [(series, one)] = newest_of_each(catalog)
        days.append(datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d"))
        take(catalog, series, one, now=at, day=days[-1])
    return days


def test_old_snapshots_go_to_the_trash_and_come_back(run: Path):
    days = _days(run, 5)
    before = snapshot(run)
    asked = keepstep("snapshot", run, "--keep-daily", "2")
    assert asked.returncode == 2, "not on a terminal, and no -y"
    assert snapshot(run) == before
    aged = keepstep("snapshot", run, "--keep-daily", "2", "-y")
    assert aged.returncode == 0
    assert sorted(os.listdir(run / "snapshots")) == days[-2:]
    assert len(list(run.glob("checkpoint-*"))) == 5, "only snapshots are aged"
    assert keepstep("undo", run).returncode == 0
    assert snapshot(run) == before


def test_restore_brings_back_what_the_run_let_go(run: Path):
    _days(run, 3)
    before = _bytes_below(run / "checkpoint-200")
    shutil.rmtree(run / "checkpoint-200")
    assert "checkpoint-200" in keepstep("restore", run).stdout
    back = keepstep("restore", run, "2026-11-02")
    assert back.returncode == 0
    assert "checkpoint-200 is back" in back.stdout
    assert "checkpoint-300 is there, too, and is newer" in back.stderr
    assert _bytes_below(run / "checkpoint-200") == before
    for path in (run / "checkpoint-200").iterdir():
        twin = run / "snapshots" / "2026-11-02" / path.name
        assert path.stat().st_ino != twin.stat().st_ino, "a copy: training may write to it"


def test_restore_never_overwrites(run: Path):
    _days(run, 2)
    before = snapshot(run)
    refused = keepstep("restore", run, "2026-11-02")
    assert refused.returncode == 2
    assert "checkpoint-200 is there; a snapshot never overwrites anything" in refused.stderr
    assert snapshot(run) == before


def test_what_stands_at_the_name_makes_way_when_asked(run: Path):
    _days(run, 3)
    config = run / "checkpoint-200" / "config.json"
    config.unlink()  # not through the hard link
    config.write_text('{"changed": true}')
    before = _bytes_below(run / "checkpoint-200")
    assert keepstep("restore", run, "2026-11-02", "--replace").returncode == 2, "nobody said yes"
    assert _bytes_below(run / "checkpoint-200") == before
    assert keepstep("restore", run, "2026-11-02", "--replace", "-y").returncode == 0
    assert config.read_text() == "{}"
    assert (run / "checkpoint-300").exists()
    (run / "checkpoint-200").rename(run.parent / "aside")
    assert keepstep("undo", run).returncode == 0
    assert _bytes_below(run / "checkpoint-200") == before


def test_newer_ones_make_way_so_that_training_goes_on_from_it(run: Path):
    _days(run, 4)
    before = snapshot(run)
    restored = keepstep("restore", run, "2026-11-02", "--current", "-y")
    assert restored.returncode == 0
    assert "to the trash: checkpoint-200, checkpoint-300, checkpoint-400" in restored.stdout
    assert {path.name for path in run.glob("checkpoint-*")} == {"checkpoint-100", "checkpoint-200"}
    (run / "checkpoint-200").rename(run.parent / "aside")
    assert keepstep("undo", run).returncode == 0
    assert snapshot(run) == before


def test_what_is_pinned_or_open_does_not_make_way(run: Path):
    _days(run, 4)
    keepstep("pin", run, "checkpoint-400", "--note", "paper")
    before = snapshot(run)
    refused = keepstep("restore", run, "2026-11-02", "--current", "-y")
    assert refused.returncode == 2
    assert "checkpoint-400 cannot make way: pinned: paper" in refused.stderr
    keepstep("unpin", run, "checkpoint-400")
    weights = run / "checkpoint-300" / "model.safetensors"
    with subprocess.Popen(["/bin/sh", "-c", "read line"], stdin=subprocess.PIPE,
                          pass_fds=[fd := os.open(weights, os.O_RDONLY)]) as reader:  # fmt: skip
        os.close(fd)
        refused = keepstep("restore", run, "2026-11-02", "--current", "-y")
        reader.communicate(b"done\n")
    assert refused.returncode == 2
    assert "checkpoint-300 cannot make way: open in pid" in refused.stderr
    assert snapshot(run) == before


def test_a_snapshot_that_was_written_to_is_not_restored(run: Path):
    _days(run, 2)
    weights = run / "snapshots" / "2026-11-01" / "model.safetensors"
    with weights.open("ab") as file:  # as through the original, where it is a hard link
        file.write(b"more")
    shutil.rmtree(run / "checkpoint-100")
    before = snapshot(run)
    refused = keepstep("restore", run, "2026-11-01", "--current", "-y")
    assert refused.returncode == 2
    assert "is not what was taken" in refused.stderr
    assert snapshot(run) == before


def test_what_a_killed_snapshot_left_is_no_hindrance(run: Path):
    keepstep("pin", run, "checkpoint-100")
    left = run / ".keepstep" / "snapshot.new"
    (left / "part").mkdir(parents=True)
    assert keepstep("snapshot", run).returncode == 0
    assert not left.exists()
    assert _contents(_taken(run)) == _contents(run / "checkpoint-500")


@pytest.mark.parametrize("date", ["2026-11-09", "../run7", ""])
def test_no_such_snapshot(run: Path, date: str):
    _days(run, 1)
    refused = keepstep("restore", run, date)
    assert refused.returncode == 2
    assert "no snapshot" in refused.stderr


@pytest.mark.parametrize("name", ARCHIVES)
def test_what_real_frameworks_wrote_survives_by_its_snapshot(name: str, tmp_path: Path):
    root, _ = unpack(name, tmp_path)
    before = scan(str(root))
    for series, lost in newest_of_each(before):
        shutil.rmtree(root / series.directory / "snapshots", ignore_errors=True)
        taken = keepstep("snapshot", root, "--series", series.id)
        assert taken.returncode == 0, taken.stderr
        known = {one.id for one in before.checkpoints}
        [dated] = [one for one in scan(str(root)).checkpoints if one.id not in known]
        assert dated.state is State.COMPLETE
        original = {m.path: _bytes_below(root / m.path) for m in lost.members}
        for member in lost.members:
            path = root / member.path
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        assert keepstep("restore", root, dated.id).returncode == 0
        assert {m.path: _bytes_below(root / m.path) for m in lost.members} == original
        shutil.rmtree(root / dated.id)
