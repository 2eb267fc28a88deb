"""A command as a child of this process, as a shell would run it.

Its stdin is ours. Where our stdout or stderr is a terminal it gets a pseudo-terminal of the same
size, else a pipe of its own for each. It is the foreground group of the terminal, so that Ctrl-C
and Ctrl-Z reach it and it alone; a signal that somebody sends to us is passed on.
"""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import subprocess
import termios
from collections.abc import Mapping, Sequence
from contextlib import suppress

FORWARDED = (
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
)
_SIZE = b"\0" * 8
NOT_FOUND, NOT_EXECUTABLE = 127, 126  # as shells say it


class Child:
    """The command, its streams (our end, and the descriptor of ours they go to), its end."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start it; raises OSError where it cannot be started."""
        self.streams: dict[int, int] = {}
        self.returncode: int | None = None
        self._sizes: dict[int, tuple[int, bytes]] = {}  # pseudo-terminal -> terminal, size
        self._terminal = _own_terminal()
        ends = {1: -1, 2: -1}
        terminals = [fd for fd in ends if os.isatty(fd)]
        if terminals:
            ours, theirs = self._pseudo_terminal(terminals[0])
            self.streams[ours] = terminals[0]
            ends.update(dict.fromkeys(terminals, theirs))
        for fd in ends:
            if fd not in terminals:
                ours, ends[fd] = os.pipe()
                self.streams[ours] = fd
        try:
            self._process = subprocess.Popen(  # noqa: S603 - to run it is what was asked for
                command, stdout=ends[1], stderr=ends[2], env=environment, process_group=0
            )
        except OSError:
            for ours in self.streams:
                os.close(ours)
            raise
        finally:
            for theirs in set(ends.values()):
                os.close(theirs)
        self.pid = self._process.pid
        self._give_terminal(self.pid)

    def send(self, number: int, *, group: bool = False) -> None:
        """Send a signal, to the command or to all of its group; nothing once it has ended."""
        if self.returncode is not None:
            return
        with suppress(ProcessLookupError):
            (os.killpg if group else os.kill)(self.pid, number)

    def look(self) -> bool:
        """Whether it has ended; stops with it when it was stopped, and goes on with it."""
        while self.returncode is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG | os.WUNTRACED)
            except ChildProcessError:
                self.returncode = 0
                break
            if not pid:
                break
            if os.WIFSTOPPED(status):
                self._stopped(os.WSTOPSIG(status))
            else:
                self.returncode = os.waitstatus_to_exitcode(status)
        if self.returncode is None:
            return False
        self._process.returncode = self.returncode  # it has been waited for
        return True

    def resize(self) -> None:
        """Give the pseudo-terminal the size of the terminal, and say so to the command."""
        for ours, (terminal, before) in self._sizes.items():
            size = _size(terminal)
            if size not in (before, _SIZE):
                self._sizes[ours] = (terminal, size)
                with suppress(OSError):
                    fcntl.ioctl(ours, termios.TIOCSWINSZ, size)
                self.send(signal.SIGWINCH, group=True)

    def resume(self) -> None:
        """Go on after a stop: the terminal is the command's again."""
        self._give_terminal(self.pid)
        self.send(signal.SIGCONT, group=True)

    def take_terminal_back(self) -> None:
        """It has ended or stopped; what is typed is for others again."""
        if self._terminal is not None and _foreground(self._terminal) == self.pid:
            _set_foreground(self._terminal, os.getpgrp())

    def _pseudo_terminal(self, terminal: int) -> tuple[int, int]:
        ours, theirs = pty.openpty()
        with suppress(termios.error):
            modes = termios.tcgetattr(terminal)
            modes[1] &= ~termios.OPOST  # the terminal itself makes of \n what it needs
            termios.tcsetattr(theirs, termios.TCSANOW, modes)
        size = _size(terminal)
        self._sizes[ours] = (terminal, size)
        if size != _SIZE:
            fcntl.ioctl(ours, termios.TIOCSWINSZ, size)
        return ours, theirs

    def _give_terminal(self, group: int) -> None:
        """Only from the foreground: a job that runs behind a shell's prompt stays there."""
        if self._terminal is not None and _foreground(self._terminal) in (os.getpgrp(), group):
            _set_foreground(self._terminal, group)

    def _stopped(self, number: int) -> None:
        if self._terminal is None:
            return
        in_front = _foreground(self._terminal) in (os.getpgrp(), self.pid)
        if number in (signal.SIGTTIN, signal.SIGTTOU) and in_front:
            self.resume()  # it asked before it had been given the terminal
            return
        self.take_terminal_back()
        before = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)  # the shell sees us stop, and says so
        signal.signal(signal.SIGTSTP, before)
        self.resume()


def _own_terminal() -> int | None:
    """The controlling terminal, None without one."""
    try:
        return os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC | os.O_NOCTTY)
    except OSError:
        return None


def _foreground(terminal: int) -> int:
    try:
        return os.tcgetpgrp(terminal)
    except OSError:
        return -1


def _set_foreground(terminal: int, group: int) -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
    try:
        os.tcsetpgrp(terminal, group)
    except OSError:
        pass  # the group has ended, or the terminal has gone
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _size(terminal: int) -> bytes:
    try:
        return fcntl.ioctl(terminal, termios.TIOCGWINSZ, _SIZE)
    except OSError:
        return _SIZE
