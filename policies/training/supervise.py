"""Run a training command, keep the right checkpoints meanwhile, and stop it when it is done.

Brings together the child and its output, the tended directory and early stopping. What happens is
told as events to a function that words them.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field

from ..late_dataclass import dataclass
from ..rules.policy import Policy
from .child import NOT_EXECUTABLE, NOT_FOUND, Child
from .early_stopping import Patience, Progress
from .gentle_end import GentleEnd, Waits, exit_code
from .output_lines import Lines, Reader
from .relay import Relay
from .saves import Outcome
from .tending import Tended, Tender


@dataclass(frozen=True, slots=True)
class Supervision:
    """What is asked for besides running the command."""

    root: str
    policy: Policy
    metric: str | None = None
    pattern: re.Pattern[str] | None = None
    patience: Patience | None = None
    waits: Waits = field(default_factory=Waits)


@dataclass(frozen=True, slots=True)
class Stopping:
    """The run no longer improves, and a signal was sent."""

    progress: Progress
    patience: Patience
    signal: str
    first: bool


@dataclass(frozen=True, slots=True)
class Report:
    """How it went, for the summary."""

    code: int
    started: bool = True  # else `errors` says why not
    stopped_early: bool = False
    signals: tuple[str, ...] = ()
    seconds: float = 0.0
    saves: int = 0
    trashed: int = 0
    trashed_bytes: int = 0
    purged_bytes: int = 0
    progress: Progress = field(default_factory=Progress)
    last: Outcome = field(default_factory=Outcome)
    torn: tuple[str, ...] = ()  # perhaps left half written by a command that was killed
    errors: tuple[str, ...] = ()


Event = Outcome | Stopping
Words = Callable[[Event], Sequence[str]]


def supervise(
    command: Sequence[str], asked: Supervision, environment: Mapping[str, str], words: Words
) -> Report:
    """Run the command to its end. Raises Refusal for a root that cannot be tended."""
    return _Run(asked, words).run(command, environment)


class _Run:
    """One run, from the first look to the last."""

    def __init__(self, asked: Supervision, words: Words) -> None:
        self._asked = asked
        self._words = words
        self._tended: deque[Tended] = deque()  # from the tender's thread
        self._tender = Tender(asked.root, asked.policy, asked.metric, self._on_tended)
        self._relay = Relay(self._hear)
        self._reader = Reader(asked.pattern)
        self._lines: dict[int, Lines] = {}
        self._heard: float | None = None  # the metric since the last save that was told
        self._from_output = False
        self._progress = Progress()
        self._end: GentleEnd | None = None
        self._saved: set[str] = set()
        self._sums = Outcome()
        self._errors: dict[str, None] = {}

    def run(self, command: Sequence[str], environment: Mapping[str, str]) -> Report:
        begun = time.monotonic()
        self._tender.begin()
        try:
            returned = self._relay.run(lambda: Child(command, environment), self._tick)
        except OSError as error:
            self._tender.end(cleanly=True)
            code = NOT_EXECUTABLE if isinstance(error, PermissionError) else NOT_FOUND
            why = f"{command[0]}: {error.strerror or error}"
            return Report(code, started=False, errors=(why,))
        torn = self._tender.end(cleanly=returned == 0)
        self._take_tended()
        self._relay.say_the_rest()
        sent = self._end.sent if self._end else []
        return Report(
            code=exit_code(returned, sent),
            stopped_early=bool(sent),
            signals=tuple(one.name for one in sent),
            seconds=time.monotonic() - begun,
            saves=len(self._saved),
            trashed=len(self._sums.trashed),
            trashed_bytes=self._sums.trashed_bytes,
            purged_bytes=self._sums.purged_bytes,
            progress=self._progress,
            last=self._sums,
            torn=torn,
            errors=tuple(self._errors),
        )

    def _on_tended(self, tended: Tended) -> None:
        """Called from the tender's thread; taken up by the loop."""
        self._tended.append(tended)
        self._relay.wake()

    def _hear(self, stream: int, data: bytes) -> None:
        lines = self._lines.setdefault(stream, Lines())
        for line in lines.feed(data):
            seen = self._reader.read(line)
            if seen.value is not None:
                self._heard = seen.value
                self._from_output = True
                self._observe(seen.value)
            if seen.saved is not None:
                # Between two saves one value was said: it is of the second.
                known = self._asked.metric is not None and self._heard is not None
                metrics = {self._asked.metric: self._heard} if known else {}
                self._heard = None
                self._tender.told(seen.saved, metrics)  # type: ignore[arg-type]

    def _tick(self, child: Child) -> None:
        self._take_tended()
        if self._end is not None:
            number = self._end.next(time.monotonic())
            if number is not None:
                first = len(self._end.sent) == 1
                child.send(number, group=True)
                if self._asked.patience is not None:
                    event = Stopping(self._progress, self._asked.patience, number.name, first)
                    self._say(event)

    def _take_tended(self) -> None:
        while self._tended:
            tended = self._tended.popleft()
            for value in () if self._from_output else tended.values:
                self._observe(value)
            self._sum_up(tended.outcome)
            self._say(tended.outcome)

    def _observe(self, value: float) -> None:
        patience = self._asked.patience
        if patience is None:
            return
        self._progress = self._progress.after(value, patience)
        if self._progress.is_over(patience) and self._end is None:
            self._end = GentleEnd(self._asked.waits, time.monotonic())

    def _sum_up(self, outcome: Outcome) -> None:
        before = self._sums
        self._saved.update(outcome.saved)
        self._errors.update(dict.fromkeys(outcome.errors))
        self._sums = Outcome(
            saved=outcome.saved or before.saved,
            kept=outcome.kept if outcome.newest else before.kept,
            trashed=(*before.trashed, *outcome.trashed),
            trashed_bytes=before.trashed_bytes + outcome.trashed_bytes,
            purged=(*before.purged, *outcome.purged),
            purged_bytes=before.purged_bytes + outcome.purged_bytes,
            newest=outcome.newest or before.newest,
            catalog=outcome.catalog or before.catalog,
        )

    def _say(self, event: Event) -> None:
        for line in self._words(event):
            self._relay.say(line)
