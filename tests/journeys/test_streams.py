"""What goes where: data on stdout, words on stderr, odd names escaped, readers that go away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from keepstep.tui import cli as command_line
from keepstep.tui.cli import COMMANDS, cli
from keepstep.tui.output import shown
from keepstep.tui.quantities import age, size

from .command_line import COMMAND, build_run, invoke, keepstep

HEAVY = (
    "heavy = {'textual', 'rich', 'plotille'}\n"
    "heavy |= {'keepstep.policies.' + m for m in ('budget', 'forecast', 'saved_policy')}\n"
    "print(sorted({m for m in sys.modules} & heavy))"
)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return build_run(tmp_path / "run7", range(100, 600, 100))


def test_json_stands_alone_on_stdout(run: Path):
    done = keepstep("prune", run, "--keep", "2", "-y", "--json")
    json.loads(done.stdout)
    assert "moved 3 checkpoints" in done.stderr


def test_names_cannot_steer_the_terminal(run: Path):
    odd = os.fsencode(run) + b"/evil\x1b[2J\nname\xff"
    os.mkdir(odd)
    (run / "checkpoint-100").rename(os.path.join(os.fsdecode(odd), "checkpoint-100"))
    for command in ("scan", "plan", "prune"):
        for root, encoding in ((run, "utf-8"), (run, "ascii"), (odd, "ascii")):
            options = () if command == "scan" else ("--keep", "1")
            done = keepstep(command, root, *options, env={"PYTHONIOENCODING": encoding})
            assert done.returncode == (0 if root is odd or command != "prune" else 2)
            assert "\x1b" not in done.stdout + done.stderr
            assert command == "prune" or root is odd or r"evil\x1b[2J\nname\xff" in done.stdout
    document = json.loads(keepstep("plan", run, "--keep", "1", "--json").stdout)
    assert any("\x1b" in one["id"] for one in document["decisions"])
    done = keepstep("scan", odd + b"x")
    assert done.returncode == 2
    assert r"\x1b[2J\nname\xffx" in done.stderr


def test_a_plan_with_odd_names_goes_through_a_file(run: Path, tmp_path: Path):
    odd = os.fsdecode(os.fsencode(run) + b"/caf\xe9")
    os.mkdir(odd)
    for step in (100, 200):
        (run / f"checkpoint-{step}").rename(os.path.join(odd, f"checkpoint-{step}"))
    file = tmp_path / "plan.json"
    assert keepstep("plan", run, "--keep", "1", "-o", file).returncode == 0
    assert keepstep("apply", file, "-y").returncode == 0
    assert os.listdir(odd) == ["checkpoint-200"]
    assert keepstep("undo", run).returncode == 0
    assert sorted(os.listdir(odd)) == ["checkpoint-100", "checkpoint-200"]


def test_a_reader_who_leaves_ends_nothing(run: Path):
    process = subprocess.Popen(
        [*COMMAND, "prune", str(run), "--keep", "2", "-y"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.close()
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")
    assert not (run / "checkpoint-100").exists()


def test_an_interruption(run: Path, monkeypatch: pytest.MonkeyPatch):
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command_line, "_load", interrupt)
    done = invoke("scan", run)
    assert done.exit_code == 130
    assert done.stderr.strip().endswith("keepstep: interrupted")


def test_a_table_fits_the_terminal_and_is_whole_when_piped(run: Path):
    import pty

    keyboard, terminal = pty.openpty()
    done = subprocess.Popen(
        [*COMMAND, "plan", str(run), "--keep", "1"],
        stdin=subprocess.DEVNULL, stdout=terminal, env={**os.environ, "COLUMNS": "80"},
    )  # fmt: skip
    os.close(terminal)
    seen = b""
    while chunk := _read(keyboard):
        seen += chunk
    os.close(keyboard)
    assert done.wait(timeout=60) == 0
    lines = seen.decode().splitlines()
    table = [line for line in lines if line.startswith("checkpoint-")]
    assert len(table) == 5
    assert max(map(len, table)) <= 80
    assert "\x1b" not in seen.decode(), "no colour is needed to read it"
    piped = keepstep("plan", run, "--keep", "1", env={"COLUMNS": "80"}).stdout
    assert "…" not in piped


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # how a terminal says that its other side is closed
        return b""


@pytest.mark.parametrize("name", [*COMMANDS, None])
def test_help_has_examples_and_the_line_of_the_table(name: str | None):
    done = invoke(*([name] if name else []), "--help")
    assert done.exit_code == 0
    assert "Examples:\n" in done.stdout
    if name:
        command = cli.get_command(None, name)  # type: ignore[arg-type]
        assert command is not None
        assert (command.help or "").startswith(COMMANDS[name].line)


def test_the_review_has_examples_too(run: Path):
    done = invoke(run, "--help")
    assert done.exit_code == 0
    assert "Examples:\n" in done.stdout


@pytest.mark.parametrize("arguments", ["--help", "--version", "scan {run}", "plan {run}", "{run}"])
def test_looking_imports_only_what_it_needs(arguments: str, run: Path):
    code = (
        "import sys\nfrom keepstep.tui.cli import cli\n"
        "try:\n    cli.main(sys.argv[1:])\nexcept SystemExit as end:\n    assert not end.code\n"
        f"{HEAVY}"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments.format(run=run).split()],
        capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "[]"


def test_help_imports_no_policies():
    code = (
        "import sys\nfrom keepstep.tui.cli import cli\n"
        "try:\n    cli.main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print('keepstep.policies' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 B"), (999, "999 B"), (3_600_000_000, "3.6 GB"), (464_400_000_000, "464 GB")],
)
def test_sizes(count: int, words: str):
    assert size(count) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "0 s"), (40, "40 s"), (300, "5 m"), (7200, "2 h"), (200_000, "2 d")],
)
def test_ages(seconds: float, words: str):
    assert age(seconds) == words


def test_escapes():
    assert shown("a b/é") == "a b/é"
    assert shown("\x1b[2J\n\u202e\udcff") == r"\x1b[2J\n\u202e\xff"
