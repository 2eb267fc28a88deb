"""The review on a real pseudo-terminal: what a person sees, and what is left when it has gone."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pyte
import pytest
from keepstep.tui.sample.run import build_sample_run

from .command_line import keepstep

COLUMNS, ROWS = 80, 24
PATIENCE = 30.0  # seconds
_ON = re.compile(rb"\x1b\[\?(1049|1000|1003|2004)h")


class Terminal:
    """A review in a child process, and the screen that its bytes paint."""

    def __init__(self, argv: list[str], env: dict[str, str]) -> None:
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            os.execvpe(argv[0], argv, env)
        os.set_inheritable(self._fd, False)  # or the next terminal would keep this one open
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self.received = b""

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self._screen.display]

    def wait(self, until: Callable[[list[str]], bool]) -> list[str]:
        """Read until the screen is as wanted."""
        deadline = time.monotonic() + PATIENCE
        while not until(self.lines):
            assert time.monotonic() < deadline, "\n".join(self.lines)
            self._read(0.05)
        return self.lines

    def settle(self) -> list[str]:
        """Read until nothing has come for a while."""
        before = -1
        while before != len(self.received):
            before = len(self.received)
            self._read(0.4)
        return self.lines

    def _read(self, timeout: float) -> bool:
        if not select.select([self._fd], [], [], timeout)[0]:
            return True
        try:
            data = os.read(self._fd, 65536)
        except OSError:  # the child has closed its side
            return False
        self.received += data
        # Private modes with ">" and "$" are answered by no terminal that pyte plays.
        self._stream.feed(re.sub(rb"\x1b\[[>?][\d;]*[up$]+", b"", data))
        return bool(data)

    def press(self, keys: str) -> None:
        os.write(self._fd, keys.encode())

    def signal(self, number: int) -> None:
        os.kill(self._pid, number)

    def hang_up(self) -> int:
        """The connection is lost: the terminal is gone. The exit code."""
        os.close(self._fd)
        return self.wait_for_exit()

    def wait_for_exit(self) -> int:
        """Wait for the child and read nothing; its exit code."""
        deadline = time.monotonic() + PATIENCE
        while True:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            assert time.monotonic() < deadline, "the review outlives its terminal"
            time.sleep(0.05)

    def end(self) -> int:
        """Wait for the child; its exit code."""
        deadline = time.monotonic() + PATIENCE
        while self._read(0.05):
            assert time.monotonic() < deadline, "the review does not end"
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return _opened(tmp_path)


def _opened(tmp_path: Path, **env: str) -> Terminal:
    run = tmp_path / "run7"
    build_sample_run(run, now=time.time())
    env = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", **env}
    argv = [sys.executable, "-m", "keepstep.tui", "--apparent", "--policy", "balanced", str(run)]
    return Terminal(argv, env)


def _ready(lines: list[str]) -> bool:
    return any("frees 457 GB of 617 GB" in line for line in lines)


def test_a_journey_from_the_first_row_to_the_shell(terminal: Terminal):
    first = terminal.wait(_ready)
    assert any("17000" in line and "target of latest" in line for line in first)
    terminal.press("jj")
    terminal.wait(lambda lines: any(line.startswith("›") and "16900" in line for line in lines))
    terminal.press("1")
    terminal.wait(lambda lines: any("frees nothing: no rule is on" in line for line in lines))
    terminal.press("1p")
    terminal.wait(lambda lines: any("Presets, and what each" in line for line in lines))
    terminal.press("\x1b")
    terminal.wait(lambda lines: any("DECISION" in line for line in lines) and _ready(lines))
    terminal.press("q")
    assert terminal.end() == 0
    _given_back(terminal)


def _given_back(terminal: Terminal) -> None:
    for mode in {match[1] for match in _ON.finditer(terminal.received)}:
        assert b"\x1b[?" + mode + b"l" in terminal.received, f"mode {mode!r} was left on"
    assert b"\x1b[?25h" in terminal.received, "the cursor was left hidden"


def test_a_screen_that_got_only_changes_is_the_screen_painted_anew(terminal: Terminal):
    terminal.wait(_ready)
    terminal.press("jjjGkkg12sS")
    terminal.wait(lambda lines: "balanced (changed)" in "".join(lines))
    changed = terminal.settle()
    sent = len(terminal.received)
    terminal.press("\x0c")
    assert terminal.settle() == changed
    assert b"\x1b[2J" in terminal.received[sent:]
    terminal.press("qx")
    assert terminal.end() == 0


def test_control_c_leaves(terminal: Terminal):
    terminal.wait(_ready)
    terminal.press("\x03")
    assert terminal.end() == 0


def test_told_to_end_it_gives_the_terminal_back(terminal: Terminal):
    terminal.wait(_ready)
    terminal.signal(signal.SIGTERM)
    assert terminal.end() == 128 + signal.SIGTERM
    _given_back(terminal)


def test_a_lost_connection_ends_it(terminal: Terminal):
    terminal.wait(_ready)
    assert terminal.hang_up() in (0, 1, 128 + signal.SIGHUP, -signal.SIGHUP)


def test_without_colour_no_colour_is_sent(tmp_path: Path):
    terminal = _opened(tmp_path, NO_COLOR="1")
    terminal.wait(_ready)
    terminal.press("p")
    terminal.wait(lambda lines: any("Presets, and what each" in line for line in lines))
    terminal.press("\x1b")
    terminal.wait(lambda lines: any("DECISION" in line for line in lines))
    terminal.press("q")
    assert terminal.end() == 0
    assert _colours(terminal) == set()


def _colours(terminal: Terminal) -> set[bytes]:
    return {
        code
        for codes in re.findall(rb"\x1b\[([\d;]*)m", terminal.received)
        for code in codes.split(b";")
        if code[:1] in (b"3", b"4", b"9") and len(code) > 1 and code not in (b"39", b"49")
    }


@pytest.mark.parametrize(
    ("theme", "background", "colours"),
    [
        ("auto", "", {b"31", b"32", b"35"}),
        ("auto", "0;15", {b"31", b"34", b"35"}),
        ("light", "15;0", {b"31", b"34", b"35"}),
        ("dark", "", {b"31", b"32", b"35", b"36"}),
        ("plain", "", set()),
    ],
)
def test_the_theme_chooses_among_the_terminals_own_colours(
    tmp_path: Path, theme: str, background: str, colours: set[bytes]
):
    config = tmp_path / "config" / "keepstep"
    config.mkdir(parents=True)
    (config / "config.yaml").write_text(f"theme: {theme}")
    terminal = _opened(
        tmp_path, XDG_CONFIG_HOME=str(tmp_path / "config"), COLORFGBG=background, TERM="linux"
    )
    terminal.wait(_ready)
    terminal.press("S")  # the oldest come first, most of which go
    terminal.wait(lambda lines: any("delete" in line for line in lines[5:-2]))
    terminal.press("q")
    assert terminal.end() == 0
    assert _colours(terminal) == colours


def test_keys_of_ones_own(tmp_path: Path):
    config = tmp_path / "config" / "keepstep"
    config.mkdir(parents=True)
    (config / "config.yaml").write_text("keys: {help: H, quit: Q}")
    terminal = _opened(tmp_path, XDG_CONFIG_HOME=str(tmp_path / "config"))
    terminal.wait(lambda lines: _ready(lines) and lines[-1].endswith("H help"))
    terminal.press("q?H")
    terminal.wait(lambda lines: any("\u2500 Help" in line for line in lines))
    terminal.press("\x1b")
    terminal.wait(lambda lines: any("DECISION" in line for line in lines))
    terminal.press("Q")
    assert terminal.end() == 0


def test_keys_of_ones_own_hold_in_the_panes_and_questions(tmp_path: Path):
    config = tmp_path / "config" / "keepstep"
    config.mkdir(parents=True)
    (config / "config.yaml").write_text(
        "keys: {up: [up], commit: C, confirm: o, undo: k, purge: K, down: [m, down], close: [b]}"
    )
    terminal = _opened(tmp_path, XDG_CONFIG_HOME=str(tmp_path / "config"))
    terminal.wait(_ready)
    checkpoint = tmp_path / "run7" / "checkpoint-16900"
    terminal.press("1mmdC")
    terminal.wait(lambda lines: any("Move them to the trash? o yes, n no" in x for x in lines))
    terminal.press("yCjq")
    terminal.wait(lambda lines: any("does nothing here" in line for line in lines))
    assert checkpoint.exists()
    terminal.press("o")
    terminal.wait(lambda lines: any("k undoes" in line for line in lines))
    assert not checkpoint.exists()
    terminal.press("t")
    terminal.wait(lambda lines: "k put back" in lines[-1] and "K purge" in lines[-1])
    terminal.press("k")
    terminal.wait(lambda lines: "o/N" in lines[-1])
    terminal.press("o")
    terminal.wait(lambda lines: any("1 checkpoint put back" in line for line in lines))
    assert checkpoint.exists()
    terminal.press("qx")  # its mark may be back with it, and is asked about
    assert terminal.end() == 0


def test_without_utf8_only_ascii_is_sent(tmp_path: Path):
    terminal = _opened(tmp_path, LC_ALL="C", LANG="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    terminal.wait(_ready)
    terminal.press("p")
    terminal.wait(lambda lines: any("Presets, and what each" in line for line in lines))
    terminal.press("\x1b")
    terminal.wait(lambda lines: any("DECISION" in line for line in lines))
    terminal.press("q")
    assert terminal.end() == 0
    assert terminal.received.isascii()


def test_a_connection_lost_amid_a_commit_loses_nothing(tmp_path: Path):
    terminal = _opened(tmp_path)
    terminal.wait(_ready)
    before = {path.name: path.stat().st_ino for path in (tmp_path / "run7").glob("checkpoint-*")}
    terminal.press("c")
    terminal.wait(lambda lines: any("Type 127 and Enter" in line for line in lines))
    terminal.press("127\r")
    terminal.hang_up()
    undone = keepstep("undo", tmp_path / "run7")
    assert undone.returncode == 0, undone.stderr
    after = {path.name: path.stat().st_ino for path in (tmp_path / "run7").glob("checkpoint-*")}
    assert after == before


def test_a_connection_lost_while_nobody_reads_loses_nothing(tmp_path: Path):
    """What the review writes then has no place to go, and its main thread waits for one."""
    terminal = _opened(tmp_path)
    terminal.wait(_ready)
    before = {path.name: path.stat().st_ino for path in (tmp_path / "run7").glob("checkpoint-*")}
    terminal.press("c")
    terminal.wait(lambda lines: any("Type 127 and Enter" in line for line in lines))
    terminal.press("127\r")
    _paint_until_blocked(terminal)
    assert terminal.hang_up() == 128 + signal.SIGHUP
    undone = keepstep("undo", tmp_path / "run7")
    assert undone.returncode == 0, undone.stderr
    after = {path.name: path.stat().st_ino for path in (tmp_path / "run7").glob("checkpoint-*")}
    assert after == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_told_to_end_while_nobody_reads_it_ends(terminal: Terminal, number: signal.Signals):
    terminal.wait(_ready)
    _paint_until_blocked(terminal)
    terminal.signal(number)
    assert terminal.wait_for_exit() == 128 + number


def _paint_until_blocked(terminal: Terminal) -> None:
    """Ask for the whole screen anew, and read none of it."""
    for _ in range(100):
        terminal.press("\x0c")
        time.sleep(0.01)
