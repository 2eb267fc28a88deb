"""`keepstep run` on a real pseudo-terminal: colours and bars stay, keys reach the command."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyte
import pytest

from .command_line import COMMAND

PATIENCE = 30.0  # seconds
_SIZED = """
import os, signal, sys, time
def say(*_): print("size", *os.get_terminal_size(), flush=True)
signal.signal(signal.SIGWINCH, say)
print("terminals", [os.isatty(fd) for fd in (0, 1, 2)], flush=True)
say()
while True: time.sleep(0.05)
"""
_BAR = """
import sys, time
for i in range(30):
    sys.stderr.write(f"\\r{i:3d} |####"); sys.stderr.flush(); time.sleep(0.1)
    if i == 3:
        sys.stdout.write("Saved checkpoint: %s\\n" % sys.argv[1]); sys.stdout.flush()
print()
"""


class Screen:
    """A command on a terminal of its own, as its session's leader."""

    def __init__(self, argv: list[str], size: tuple[int, int] = (24, 80)) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(argv[0], argv, {**os.environ, "TERM": "xterm"})
        self.resize(*size)
        self.received = b""
        self.code: int | None = None

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def wait(self, until: Callable[[bytes], bool]) -> bytes:
        deadline = time.monotonic() + PATIENCE
        while not until(self.received):
            assert time.monotonic() < deadline, self.received
            assert self.read(0.05), self.received
        return self.received

    def read(self, timeout: float) -> bool:
        if not select.select([self.fd], [], [], timeout)[0]:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.received += data
        return bool(data)

    def press(self, keys: bytes) -> None:
        os.write(self.fd, keys)

    def end(self) -> int:
        deadline = time.monotonic() + PATIENCE
        while self.read(0.05):
            assert time.monotonic() < deadline, self.received
        self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.code


@pytest.fixture
def screens() -> Iterator[Callable[..., Screen]]:
    made: list[Screen] = []

    def start(root: Path, *command: str, size: tuple[int, int] = (24, 80)) -> Screen:
        line = [*COMMAND, "run", "--dir", str(root), "--keep", "3", "--", *command]
        made.append(Screen(line, size))
        return made[-1]

    yield start
    for one in made:
        if one.code is None:
            os.kill(one.pid, signal.SIGKILL)
            os.waitpid(one.pid, 0)
        os.close(one.fd)


def test_the_command_is_on_a_terminal_and_learns_its_size(
    tmp_path: Path, screens: Callable[..., Screen]
):
    screen = screens(tmp_path, sys.executable, "-c", _SIZED, size=(24, 80))
    screen.wait(lambda seen: b"terminals [True, True, True]" in seen and b"size" in seen)
    screen.resize(50, 132)
    screen.wait(lambda seen: b"size 132 50" in seen)
    screen.press(b"\x03")
    assert screen.end() == 128 + signal.SIGINT


def test_control_c_reaches_the_command_once(tmp_path: Path, screens: Callable[..., Screen]):
    code = (
        "import time\ntry:\n print('ready', flush=True); time.sleep(60)\n"
        "except KeyboardInterrupt:\n print('saving', flush=True); time.sleep(0.5); print('saved')"
    )
    screen = screens(tmp_path, sys.executable, "-c", code)
    screen.wait(lambda seen: b"ready" in seen)
    screen.press(b"\x03")
    assert screen.end() == 0
    assert b"saving\r\nsaved\r\n" in screen.received
    assert b"Traceback" not in screen.received


def test_what_is_typed_reaches_the_command(tmp_path: Path, screens: Callable[..., Screen]):
    screen = screens(tmp_path, sys.executable, "-c", "print('got', input('? ')[::-1])")
    screen.wait(lambda seen: b"? " in seen)
    screen.press(b"hello\r")
    assert screen.end() == 0
    assert b"got olleh\r\n" in screen.received


def test_bytes_arrive_as_the_command_wrote_them(tmp_path: Path, screens: Callable[..., Screen]):
    code = r"import sys; sys.stdout.write('\x1b[31mred\x1b[0m\ttab\nnext\n')"
    screen = screens(tmp_path, sys.executable, "-c", code)
    assert screen.end() == 0
    assert b"\x1b[31mred\x1b[0m\ttab\r\nnext\r\n" in screen.received


def test_a_bar_and_our_line_do_not_share_a_line(tmp_path: Path, screens: Callable[..., Screen]):
    (tmp_path / "model_epoch1.pth").write_bytes(b"weights")
    screen = screens(tmp_path, sys.executable, "-c", _BAR, str(tmp_path / "model_epoch1.pth"))
    (tmp_path / "model_epoch1.pth").write_bytes(b"other weights")
    assert screen.end() == 0
    shown = pyte.Screen(80, 24)
    pyte.ByteStream(shown).feed(screen.received)
    lines = [line.strip() for line in shown.display if line.strip()]
    assert any("29 |####" in line for line in lines)
    ours = [line for line in lines if "model_epoch1.pth" in line and "Saved" not in line]
    assert ours
    assert not [line for line in ours if "|####" in line]


def test_control_z_stops_both_and_fg_goes_on(tmp_path: Path):
    """In a real shell, with job control."""
    screen = Screen(["bash", "--norc", "--noprofile", "-i"])
    command = " ".join([*COMMAND, "run", "--dir", str(tmp_path), "--keep", "1", "-q", "--"])
    # No loop of sh: between vfork and exec its child can be stopped, and then it never is itself.
    code = 'import itertools as i, time; [(print("tick", n, flush=True), time.sleep(0.1)) '
    code += "for n in i.count(1)]"
    try:
        screen.press(f"PS1='$ '; {command} {sys.executable} -c '{code}'\r".encode())
        screen.wait(lambda seen: b"\r\ntick 3" in seen)
        screen.press(b"\x1a")
        screen.wait(lambda seen: b"Stopped" in seen)
        screen.press(b"echo shell-is-$((40+2))\r")
        screen.wait(lambda seen: b"shell-is-42" in seen)
        before = screen.received.rfind(b"tick ")
        for _ in range(6):
            screen.read(0.1)
        assert screen.received.rfind(b"tick ") == before
        screen.press(b"fg\r")
        screen.wait(lambda seen: seen.rfind(b"tick ") > before)
        screen.press(b"\x03")
        screen.press(b"echo code-$?\r")
        screen.wait(lambda seen: b"code-130" in seen)
        screen.press(b"exit\r")
        screen.end()
    finally:
        if screen.code is None:
            os.kill(screen.pid, signal.SIGKILL)
            os.waitpid(screen.pid, 0)
        os.close(screen.fd)


def test_a_job_in_the_background_leaves_the_shell_its_terminal(tmp_path: Path):
    screen = Screen(["bash", "--norc", "--noprofile", "-i"])
    command = " ".join([*COMMAND, "run", "--dir", str(tmp_path), "--keep", "1", "-q", "--"])
    try:
        screen.press(f"PS1='$ '; {command} sh -c 'sleep 1; echo job-$((1+1))' &\r".encode())
        screen.press(b"echo shell-$((1+2))\r")
        screen.wait(lambda seen: b"shell-3" in seen)
        screen.wait(lambda seen: b"job-2" in seen)
        screen.press(b"wait; echo still-$((1+3))\r")
        screen.wait(lambda seen: b"still-4" in seen)
        screen.press(b"exit\r")
        screen.end()
    finally:
        if screen.code is None:
            os.kill(screen.pid, signal.SIGKILL)
            os.waitpid(screen.pid, 0)
        os.close(screen.fd)
