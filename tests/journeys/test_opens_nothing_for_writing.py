"""What only reads opens nothing for writing below the root: told by strace, not by us."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import termios
import time
from fcntl import ioctl
from pathlib import Path

import pytest

from .command_line import COMMAND, build_run, invoke

CALLS = "%file,ftruncate,fchmod,fchown,fallocate,write,pwrite64,flock,renameat2,setxattr,fsetxattr"
# Opening to read, looking and listing; everything else that names the run is a change.
HARMLESS = re.compile(
    r"^\d+ +(open|openat|openat2|stat|lstat|newfstatat|statx|access|faccessat2?|readlink(at)?|"
    r"getcwd|chdir|statfs|execve|getxattr|lgetxattr)\("
)
FOR_WRITING = re.compile(r"O_(WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)")


def may_trace() -> bool:
    strace = shutil.which("strace")
    return (
        strace is not None and not subprocess.run([strace, "true"], capture_output=True).returncode
    )


pytestmark = pytest.mark.skipif(not may_trace(), reason="strace is missing or may not trace here")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run with a pin, a commit in the trash and a saved policy."""
    root = build_run(tmp_path / "run7", range(100, 1100, 100))
    invoke("pin", root, "checkpoint-100")
    assert invoke("prune", root, "--keep-last", "5", "-y").exit_code == 0
    return root


def changes(root: Path, log: Path) -> list[str]:
    """The traced calls that change or open for writing something below the root."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if str(root) in line]
    # The line in which a call of one thread began has its arguments; the other only the result.
    lines = [line for line in lines if " resumed>" not in line]
    return [line for line in lines if not HARMLESS.match(line) or FOR_WRITING.search(line)]


def traced(log: Path, *arguments: str | Path) -> list[str]:
    strace = ["strace", "-f", "-y", "-qq", "-e", "signal=none", "-s", "0"]
    return [*strace, "-o", str(log), "-e", f"trace={CALLS}", *COMMAND, *map(str, arguments)]


@pytest.mark.parametrize(
    "words",
    [
        *("scan", "scan --json", "plan --keep-last 1", "history", "history --json", "pins"),
        *("plan --keep-last 1 --json", "pins --json", "prune --keep-last 1 --dry-run"),
        "forecast",
    ],
)
def test_commands_that_read(run: Path, tmp_path: Path, words: str):
    log = tmp_path / "log"
    name, *options = words.split()
    line = traced(log, name, run, *options)
    done = subprocess.run(line, capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
    assert done.returncode == 0, done.stderr
    assert changes(run, log) == []
    assert str(run) in log.read_text(errors="replace")


def test_the_review_that_only_reads(run: Path, tmp_path: Path):
    log = tmp_path / "log"
    mine, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    line = traced(log, run, "--read-only")
    environment = {**os.environ, "TERM": "xterm-256color"}
    child = subprocess.Popen(line, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    try:
        shown = _drive(child, mine)
        assert child.wait(timeout=20) == 0
    finally:
        child.kill()
        os.close(mine)
    assert b"checkpoint" in shown
    assert changes(run, log) == []
    assert str(run) in log.read_text(errors="replace")


def _drive(child: subprocess.Popen[bytes], terminal: int) -> bytes:
    """Press what would change something, then leave; everything that was shown."""
    shown, keys, next_key = b"", list(b" jcueqyqy"), 0.0
    end = time.monotonic() + 40
    while child.poll() is None and time.monotonic() < end:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                shown += os.read(terminal, 65536)
            except OSError:
                break
        if b"read-only" in shown and keys and time.monotonic() > next_key:
            os.write(terminal, bytes([keys.pop(0)]))
            next_key = time.monotonic() + 0.3
    return shown


def test_the_trace_sees_what_writes(run: Path, tmp_path: Path):
    log = tmp_path / "log"
    subprocess.run(traced(log, "undo", run), capture_output=True, timeout=60, check=True)
    found = "\n".join(changes(run, log))
    assert "renameat2" in found
    assert "O_RDWR" in found
    assert sys.executable not in found
