"""Who uses a directory, asked of this host's real process table, by /proc and by psutil."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from keepstep.policies.processes import linux, portable
from keepstep.policies.processes.activity import Activity, OpenFile, Process

from .using import holding

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="Linux only")
Look = Callable[[str], Activity]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "run7"
    (folder / "checkpoint-100").mkdir(parents=True)
    (folder / "checkpoint-100/model.safetensors").write_bytes(b"weights!" * 1000)
    (folder / "train.log").write_text("step 1\n")
    return folder


@pytest.fixture(params=[linux.activity_below, portable.activity_below], ids=["proc", "psutil"])
def look(request: pytest.FixtureRequest) -> Look:
    return request.param


def _seen(look: Look, run: Path, pid: int) -> Process | None:
    return next((one for one in look(str(run)).processes if one.pid == pid), None)


def test_open_files_tell_reading_from_writing(run: Path, look: Look, tmp_path: Path):
    model, log = run / "checkpoint-100/model.safetensors", run / "train.log"
    with holding(tmp_path, read=model, append=log) as pid:
        found = _seen(look, run, pid)
        assert found is not None
        assert found.files == (
            OpenFile("checkpoint-100/model.safetensors", writing=False),
            OpenFile("train.log", writing=True),
        )
        assert (found.written, found.folder) == (1, None)
        assert found.command == f"{Path(sys.executable).name} train.py"
    assert _seen(look, run, pid) is None


def test_a_memory_map_without_a_descriptor_counts(run: Path, look: Look, tmp_path: Path):
    with holding(tmp_path, map=run / "checkpoint-100/model.safetensors") as pid:
        opened = [os.readlink(f"/proc/{pid}/fd/{link}") for link in os.listdir(f"/proc/{pid}/fd")]
        assert not any(path.startswith(str(run)) for path in opened)
        found = _seen(look, run, pid)
        assert found is not None
        assert [file.path for file in found.files] == ["checkpoint-100/model.safetensors"]


def test_a_map_that_writes_through_is_writing(run: Path, tmp_path: Path):
    with holding(tmp_path, share=run / "checkpoint-100/model.safetensors") as pid:
        found = _seen(linux.activity_below, run, pid)
        assert found is not None
        assert found.written == 1


def test_a_working_directory_counts_but_a_shell_in_the_root_does_not(
    run: Path, look: Look, tmp_path: Path
):
    with holding(tmp_path, cwd=run) as pid:
        assert _seen(look, run, pid) == Process(
            pid, f"{Path(sys.executable).name} train.py", (), ""
        )
    for folder, seen in ((run, False), (run / "checkpoint-100", True)):
        shell = subprocess.Popen(["sh", "-c", "echo ready; read x; :"], cwd=folder,
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip
        assert shell.stdout is not None
        shell.stdout.readline()
        assert (_seen(look, run, shell.pid) is not None) is seen
        shell.communicate(b"\n")


def test_this_process_and_the_state_directory_do_not_count(run: Path, look: Look, tmp_path: Path):
    state = run / ".keepstep"
    state.mkdir()
    (state / "lock").write_text("")
    with open(run / "train.log", "a"), holding(tmp_path, append=state / "lock") as pid:
        assert _seen(look, run, pid) is None
        assert _seen(look, run, os.getpid()) is None


def test_a_sibling_whose_name_begins_alike_does_not_count(run: Path, look: Look, tmp_path: Path):
    other = run.parent / "run70"
    other.mkdir()
    (other / "train.log").write_text("")
    with holding(tmp_path, append=other / "train.log") as pid:
        assert _seen(look, run, pid) is None


def test_a_deleted_file_does_not_count(run: Path, tmp_path: Path):
    with holding(tmp_path, read=run / "train.log") as pid:
        (run / "train.log").unlink()
        assert _seen(linux.activity_below, run, pid) is None


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="needs root, unshare")
def test_a_container_that_calls_the_run_by_another_path(run: Path, tmp_path: Path):
    inside = tmp_path / "data"
    inside.mkdir()
    script = f"mount --bind {run} {inside} && exec 3>>{inside}/train.log && echo ready && read x"
    process = subprocess.Popen(["unshare", "--mount", "sh", "-c", script],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip
    try:
        assert process.stdout is not None
        if process.stdout.readline() != b"ready\n":
            pytest.skip("may not mount here")
        found = [one for one in linux.activity_below(str(run)).processes if one.files]
        assert [one.files for one in found] == [(OpenFile("train.log", writing=True),)]
    finally:
        process.communicate(b"\n")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
def test_processes_of_other_users_are_counted_not_guessed(run: Path, tmp_path: Path):
    as_nobody = (
        "import os, sys\n"
        "from keepstep.policies.processes import linux\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "found = linux.activity_below(sys.argv[1])\n"
        "print(len(found.processes), found.unseen > 0)\n"
    )
    with holding(tmp_path, read=run / "train.log"):
        done = subprocess.run([sys.executable, "-c", as_nobody, str(run)], check=True, cwd="/",
                              capture_output=True, text=True)  # fmt: skip
    assert done.stdout.split() == ["0", "True"]
