"""`keepstep run` around real commands: what stays, what is said, how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .command_line import COMMAND, keepstep, refused

TRAINER = [sys.executable, str(Path(__file__).with_name("trainer.py"))]
SHELL = ["sh", "-c"]


def run(root: Path, *options: str, command: list[str], **more) -> subprocess.CompletedProcess[str]:
    return keepstep("run", "--dir", str(root), *options, "--", *command, **more)


def numbers(root: Path, pattern: str = "model_epoch*.pth") -> list[int]:
    return sorted(int("".join(c for c in p.name if c.isdigit())) for p in root.glob(pattern))


def test_a_script_that_says_what_it_saved(tmp_path: Path):
    summary = tmp_path / "summary.json"
    root = tmp_path / "run7"
    root.mkdir()
    done = run(
        root, "--keep-last", "3", "--summary-json", str(summary),
        command=[*TRAINER, str(root), "8", "--final", "model.pth"],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert numbers(root) == [6, 7, 8]
    assert (root / "model.pth").exists()
    assert "model_epoch8.pth" in done.stdout.splitlines()[-1]
    assert not [line for line in done.stdout.splitlines() if not line.startswith("Saved ")]
    assert "(keeping 3) · trashed model_epoch" in done.stderr
    said = json.loads(summary.read_text())
    assert (said["saved"], said["kept"], said["exit_code"]) == (8, 3, 0)
    assert len(said["trashed"]) == 5
    assert said["last"] == "model_epoch8.pth"


def test_a_script_that_says_nothing(tmp_path: Path):
    command = [*TRAINER, str(tmp_path), "3", "--quiet", "--name", "model.pth.{}", "--plain"]
    done = run(tmp_path, "--keep-last", "1", command=[*command, "--pause", "4"])
    assert done.returncode == 0, done.stderr
    assert [p.name for p in tmp_path.glob("model*")] == ["model.pth.3"]
    trashed = "".join(line.partition("trashed")[2] for line in done.stderr.splitlines())
    assert "model.pth.1" in trashed  # on a busy machine two saves are told of at once
    assert "model.pth.2" in trashed


def test_a_slim_rule_may_ask_for_the_best(tmp_path: Path):
    best = ("--slim-best", "2", "--metric", "loss", "--best-within", "noise")
    done = run(tmp_path, "--keep-last", "1", *best, command=["touch", str(tmp_path / "ran")])
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize("code", [0, 1, 3, 77])
def test_the_exit_code_is_that_of_the_command(tmp_path: Path, code: int):
    done = run(tmp_path, "--keep", "1", command=[*SHELL, f"exit {code}"])
    assert done.returncode == code


@pytest.mark.parametrize("name", ["TERM", "KILL", "USR1", "SEGV"])
def test_a_signal_that_ends_the_command_is_told_as_shells_do(tmp_path: Path, name: str):
    done = run(tmp_path, "--keep", "1", command=[*SHELL, f"kill -{name} $$"])
    assert done.returncode == 128 + signal.Signals[f"SIG{name}"]


def test_a_command_that_cannot_be_started(tmp_path: Path):
    assert run(tmp_path, "--keep", "1", command=["./no-such-thing"]).returncode == 127
    (tmp_path / "plain").write_text("x")
    done = run(tmp_path, "--keep", "1", command=[str(tmp_path / "plain")])
    refused(done, "Permission denied", code=126)


def test_streams_are_passed_on_untouched_and_apart(tmp_path: Path):
    out = bytes(range(256)) * 300
    (tmp_path / "bytes").write_bytes(out)
    line = [*COMMAND, "run", "--dir", str(tmp_path), "--keep", "1", "-q", "--"]
    done = subprocess.run(
        [*line, *SHELL, f"cat {tmp_path}/bytes; cat >&2"],
        input=out[::-1], capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.stdout == out
    assert done.stderr == out[::-1]


def test_a_reader_who_goes_away_ends_the_command_as_without_us(tmp_path: Path):
    line = [*COMMAND, "run", "--dir", str(tmp_path), "--keep", "1", "-q", "--", "yes"]
    process = subprocess.Popen(line, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.read(10)
    process.stdout.close()
    assert process.wait(30) == 128 + signal.SIGPIPE


def test_a_grandchild_that_holds_the_stream_does_not_hold_us(tmp_path: Path):
    begun = time.monotonic()
    done = run(tmp_path, "--keep", "1", command=[*SHELL, "sleep 20 & echo done"])
    assert done.stdout == "done\n"
    assert time.monotonic() - begun < 15


@pytest.mark.parametrize("name", ["TERM", "INT", "HUP", "USR1", "QUIT"])
def test_signals_are_passed_on(tmp_path: Path, name: str):
    script = f"trap 'echo got {name}; exit 9' {name}; echo ready; while :; do sleep 0.05; done"
    line = [*COMMAND, "run", "--dir", str(tmp_path), "--keep", "1", "-q", "--", *SHELL, script]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.Signals[f"SIG{name}"])
    assert process.stdout.read() == f"got {name}\n"
    assert process.wait(30) == 9


def test_it_stops_at_the_right_epoch_and_keeps_the_best(tmp_path: Path):
    losses = "0.9,0.5,0.4,0.41,0.42,0.43,0.44"
    done = run(
        tmp_path, "--keep-last", "1", "--keep-best", "1", "--metric", "val_loss",
        "--patience", "3", "--summary-json", str(tmp_path / "s.json"),
        command=[*TRAINER, str(tmp_path), "50", "--losses", losses, "--pause", "0.3"],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "val_loss has not improved for 3 evaluations; best 0.4 at evaluation 3" in done.stderr
    assert 3 in numbers(tmp_path)
    assert len(numbers(tmp_path)) <= 3
    said = json.loads((tmp_path / "s.json").read_text())
    assert said["best"]["checkpoint"] == "model_epoch3.pth"
    assert said["best"]["value"] == 0.4
    assert said["stopped_early"]
    assert said["signals"] == ["SIGINT"]


def test_a_command_that_will_not_end_is_asked_harder(tmp_path: Path):
    done = run(
        tmp_path, "--keep", "9", "--metric", "val_loss", "--patience", "1", "--interrupt-wait",
        "1s", command=[*TRAINER, str(tmp_path), "500", "--losses", "0.1", "--stubborn"],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "it has not ended: sent SIGTERM" in done.stderr


def test_a_command_that_fails_when_stopped_has_failed(tmp_path: Path):
    script = (
        f"trap 'exit 5' INT; echo Saved checkpoint: {tmp_path}/no.pth; "
        "while :; do echo loss=1; sleep 0.1; done"
    )
    options = ["--keep", "1", "--metric", "loss", "--patience", "2"]
    assert run(tmp_path, *options, command=[*SHELL, script]).returncode == 5


def test_metrics_come_from_the_runs_files_where_the_output_has_none(tmp_path: Path):
    script = f"""
import json, pathlib, struct, time
rows = []
for step, loss in enumerate([.9, .3, .4, .5, .6, .7, .8, .9, .9, .9], start=1):
    rows.append({{"step": step * 10, "eval_loss": loss}})
    folder = pathlib.Path({str(tmp_path)!r}, f"checkpoint-{{step * 10}}")
    folder.mkdir()
    header = json.dumps({{"w": {{"dtype": "U8", "shape": [64], "data_offsets": [0, 64]}}}}).encode()
    data = struct.pack("<Q", len(header)) + header + bytes(64)
    (folder / "model.safetensors").write_bytes(data)
    (folder / "trainer_state.json").write_text(
        json.dumps({{"global_step": step * 10, "log_history": rows}}))
    time.sleep(1.5)
"""
    done = run(
        tmp_path, "--keep-last", "2", "--keep-best", "1", "--metric", "eval_loss",
        "--patience", "3", command=[sys.executable, "-c", script],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "eval_loss has not improved for 3 evaluations; best 0.3" in done.stderr
    assert (tmp_path / "checkpoint-20").exists()


def test_what_a_killed_command_left_half_written_is_relied_on_by_nothing(tmp_path: Path):
    trainer = " ".join(TRAINER)
    script = (
        f"{trainer} {tmp_path} 2 --plain; printf half > {tmp_path}/model_epoch3.pth; kill -9 $$"
    )
    done = run(tmp_path, "--keep-last", "1", command=[*SHELL, script])
    assert done.returncode == 137
    assert "model_epoch3.pth may be half written" in done.stderr
    assert numbers(tmp_path) == [2, 3]


def test_a_low_disk_is_told_and_acted_upon(tmp_path: Path):
    done = run(
        tmp_path, "--keep-last", "5", "--min-free", "100%", command=[*TRAINER, str(tmp_path), "4"]
    )
    assert done.returncode == 0
    assert numbers(tmp_path) == [4]
    assert "less than min_free 100%" in done.stderr
    assert "tightened for now" in done.stderr


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "nothing unattended runs on the default"),
        (["--keep", "1", "--patience", "3"], "--patience needs --metric"),
        (["--keep", "1", "--warm-up", "3"], "--warm-up needs --patience"),
        (["--keep", "1", "--metric", "loss"], "--metric needs --patience, --keep-best or"),
        (["--keep", "1", "--patience", "1", "--metric", "zeta"], "--mode is needed"),
        (["--keep", "1", "--min-free", "much"], "--min-free"),
        (
            ["--keep", "1", "--patience", "1", "--metric", "loss", "--metric-pattern", "loss"],
            "needs a group",
        ),
    ],
)
def test_bad_usage_is_refused_before_anything_runs(tmp_path: Path, options: list[str], says: str):
    done = run(tmp_path, *options, command=["touch", str(tmp_path / "ran")])
    refused(done, says)
    assert not (tmp_path / "ran").exists()


def test_options_after_the_command_are_its_own(tmp_path: Path):
    done = keepstep("run", "--dir", str(tmp_path), "--keep", "1", "-q", "echo", "--keep", "-h")
    assert done.stdout == "--keep -h\n"


def test_python_says_its_lines_as_they_come_also_to_a_pipe(tmp_path: Path):
    code = "import time; print('now'); time.sleep(60)"
    line = [
        *COMMAND,
        "run",
        "--dir",
        str(tmp_path),
        "--keep",
        "1",
        "--",
        sys.executable,
        "-c",
        code,
    ]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, env={**os.environ})
    assert process.stdout is not None
    assert process.stdout.readline() == b"now\n"
    process.terminate()
    assert process.wait(30) == 128 + signal.SIGTERM


def test_a_directory_that_the_command_makes_itself(tmp_path: Path):
    root = tmp_path / "made" / "later"
    script = f"sleep 1; mkdir -p {root}; exec {' '.join(TRAINER)} {root} 6"
    done = run(root, "--keep-last", "2", command=[*SHELL, script])
    assert done.returncode == 0, done.stderr
    assert numbers(root) == [5, 6]


def test_a_signal_at_any_moment_ends_both(tmp_path: Path):
    for i in range(12):
        line = [*COMMAND, "run", "--dir", str(tmp_path), "--keep", "1", "-q", "--"]
        process = subprocess.Popen([*line, "sleep", f"{100 + i}.125"], start_new_session=True)
        time.sleep(0.1 + i * 0.05)
        process.terminate()
        assert process.wait(30) in (128 + signal.SIGTERM, -signal.SIGTERM)
        left = subprocess.run(["pgrep", "-f", f"sleep {100 + i}.125"], capture_output=True)
        assert left.returncode == 1, "the command is still running"
