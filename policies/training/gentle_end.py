"""End a command gently: SIGINT as Ctrl-C would, then SIGTERM, then SIGKILL. Pure but for `now`."""

from __future__ import annotations

import signal
from collections.abc import Sequence

from ..late_dataclass import dataclass

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds that the command gets to end by itself after each signal but the last."""

    after_interrupt: float = 60.0
    after_terminate: float = 30.0


class GentleEnd:
    """Which signal is due, and when."""

    def __init__(self, waits: Waits, now: float) -> None:
        self._due = [now, now + waits.after_interrupt]
        self._due.append(self._due[1] + waits.after_terminate)
        self.sent: list[signal.Signals] = []

    def next(self, now: float) -> signal.Signals | None:
        """The signal to send now, at most one at a time."""
        if len(self.sent) == len(ENDING) or now < self._due[len(self.sent)]:
            return None
        number = ENDING[len(self.sent)]
        self.sent.append(number)
        return number


def exit_code(returned: int, sent: Sequence[int]) -> int:
    """A shell's exit code of a command that was sent these signals by us.

    A command that ends of a stop we asked for has succeeded, whether it ends by itself or by the
    signal; one that fails in its own way has failed. `returned` is negative for a signal.
    """
    code = 128 - returned if returned < 0 else returned
    return 0 if code - 128 in sent else code
