"""Pass a command's output on, byte for byte, while it runs; and put in lines of our own between.

One loop in the main thread: bytes, signals, the size of the terminal, and the end. A line of ours
waits for the end of a line of the command for a while, and then begins a new one.
"""

from __future__ import annotations

import errno
import os
import selectors
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from .child import FORWARDED, Child

_CHUNK = 65_536
_TICK = 0.2  # seconds
_WAIT_FOR_LINE_END = 2.0
_AFTER_THE_END = 0.5  # seconds without output that end a stream somebody else still holds
_STDERR = 2


class Relay:
    """Passes on what a command says; `hear` gets the bytes with the descriptor they went to."""

    def __init__(self, hear: Callable[[int, bytes], None]) -> None:
        self._child: Child | None = None
        self._early: list[int] = []  # signals that came before there was a command
        self._hear = hear
        self._ours: deque[tuple[float, str]] = deque()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self._within: dict[int, bool] = {}  # by descriptor of ours: in the middle of a line
        self._one_screen = os.isatty(1) and os.isatty(_STDERR)
        self._ended_at: float | None = None

    def say(self, line: str) -> None:
        """Put a line on stderr, soon; from any thread."""
        self._ours.append((time.monotonic(), line))
        self.wake()

    def wake(self) -> None:
        """Let the loop go round; from any thread."""
        with suppress(OSError):
            os.write(self._wake_write, b"x")

    def run(self, start: Callable[[], Child], tick: Callable[[Child], None]) -> int:
        """Start a command, until it has ended; what it returned. Raises what `start` raises.

        `tick` is called a few times a second.
        """
        with self._signals():
            child = self._child = start()
            for number in self._early:
                child.send(number)
            # The terminal is the command's now; to write there must not stop us (stty tostop).
            signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            self._loop(child, tick)
            child.take_terminal_back()
        self.say_the_rest()
        return child.returncode or 0

    def _loop(self, child: Child, tick: Callable[[Child], None]) -> None:
        open_streams = set(child.streams)
        with selectors.DefaultSelector() as selector:
            for stream in (self._wake_read, *open_streams):
                selector.register(stream, selectors.EVENT_READ)
            while not self._is_over(child, open_streams):
                for key, _ in selector.select(_TICK):
                    if key.fd == self._wake_read:
                        with suppress(BlockingIOError):
                            os.read(self._wake_read, _CHUNK)
                    elif not self._pass_on(key.fd, child.streams[key.fd]):
                        selector.unregister(key.fd)
                        open_streams.discard(key.fd)
                        os.close(key.fd)
                tick(child)
                child.resize()
                self._say_ours()
        for stream in open_streams:
            os.close(stream)

    def say_the_rest(self) -> None:
        """Whatever is still to be said."""
        self._say_ours(now=True)

    def _is_over(self, child: Child, open_streams: set[int]) -> bool:
        if not child.look():
            return False
        if self._ended_at is None:
            self._ended_at = time.monotonic()
        return not open_streams or time.monotonic() - self._ended_at > _AFTER_THE_END

    def _pass_on(self, stream: int, to: int) -> bool:
        """Move what there is; False at the end of the stream, or when nobody reads ours."""
        try:
            data = os.read(stream, _CHUNK)
        except OSError as error:
            if error.errno != errno.EIO:  # a pseudo-terminal says so when its other end is closed
                raise
            data = b""
        if not data:
            return False
        if self._ended_at is not None:
            self._ended_at = time.monotonic()
        self._within[to] = data[-1:] != b"\n"  # a bar that returned to its beginning is one
        self._hear(to, data)
        return _write(to, data)

    def _say_ours(self, *, now: bool = False) -> None:
        screens = self._within if self._one_screen else {_STDERR: self._within.get(_STDERR, False)}
        while self._ours:
            since, line = self._ours[0]
            within = any(screens.values())
            if within and not now and time.monotonic() - since < _WAIT_FOR_LINE_END:
                return
            self._ours.popleft()
            text = f"\n{line}\n" if within else f"{line}\n"
            _write(_STDERR, text.encode("utf-8", "backslashreplace"))
            for screen in screens:
                self._within[screen] = False

    @contextmanager
    def _signals(self) -> Iterator[None]:
        def forward(number: int, _: FrameType | None) -> None:
            if self._child is None:
                self._early.append(number)
            else:
                self._child.send(number)

        def other(number: int, _: FrameType | None) -> None:
            """The loop goes round for a child that ended; a job stops and goes on as a whole."""
            if number == signal.SIGCONT and self._child is not None:
                self._child.resume()
            if number == signal.SIGTSTP and self._child is not None:
                self._child.send(number, group=True)

        others = (signal.SIGCHLD, signal.SIGWINCH, signal.SIGCONT, signal.SIGTSTP)
        handlers = {**dict.fromkeys(FORWARDED, forward), **dict.fromkeys(others, other)}
        before = {signal.SIGTTOU: signal.getsignal(signal.SIGTTOU)}
        for number, handler in handlers.items():
            # What was ignored for us (nohup) is ignored for the command, too.
            if signal.getsignal(number) == signal.SIG_IGN:
                continue
            before[number] = signal.signal(number, handler)
        waking = signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(waking)
            for number, old in before.items():
                signal.signal(number, old)


def _write(fd: int, data: bytes) -> bool:
    """All of it; False when nobody reads there any more."""
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(fd, view) :]
        except BlockingIOError:
            time.sleep(0.01)
        except OSError as error:
            if error.errno == errno.EIO:  # the terminal has gone; the command may go on
                return True
            if error.errno == errno.EPIPE:
                return False
            raise
    return True
