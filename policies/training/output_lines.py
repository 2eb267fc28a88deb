"""Read a trainer's output as it streams by: lines, saved files, values of one metric. Pure.

The bytes themselves are passed on untouched by whoever reads them; this only looks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..late_dataclass import dataclass
from ..refusal import Refusal

_LONGEST = 65_536
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")
_SAVED = re.compile(r"\bSaved checkpoint: *(['\"]?)(?P<path>.+?)\1[.,;]?\s*$", re.IGNORECASE)
_NUMBER = r"[-+]?(?:\d+\.?\d*(?:e[-+]?\d+)?|\.\d+(?:e[-+]?\d+)?|nan|inf(?:inity)?)"


class Lines:
    """The whole lines in a stream of bytes, as they stand on a screen in the end.

    A progress bar returns to its beginning again and again: only what it shows when its line ends
    is said once, so that a metric in it is no evaluation with every refresh.
    """

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[str]:
        """The lines that these bytes end, without what colours them."""
        *whole, rest = (self._rest + data).split(b"\n")
        self._rest = rest[-_LONGEST:]
        for line in whole:
            shown = line.rstrip(b"\r").rpartition(b"\r")[2]
            yield _ESCAPE.sub("", shown[-_LONGEST:].decode("utf-8", "surrogateescape"))


@dataclass(frozen=True, slots=True)
class Seen:
    """What one line says."""

    saved: str | None = None  # the file of `Saved checkpoint: <file>`, as written there
    value: float | None = None  # of the metric


class Reader:
    """Looks at lines for saved files and, with a pattern, for one metric."""

    def __init__(self, metric: re.Pattern[str] | None) -> None:
        self._metric = metric

    def read(self, line: str) -> Seen:
        """What a line says; the last value of the metric counts."""
        saved = _SAVED.search(line)
        return Seen(saved["path"] if saved else None, self._value(line))

    def _value(self, line: str) -> float | None:
        if self._metric is None:
            return None
        value = None
        for match in self._metric.finditer(line):
            try:
                value = float(match[1])
            except (ValueError, TypeError):  # a group that took no number, or did not take part
                continue
        return value


def metric_pattern(metric: str) -> re.Pattern[str]:
    """How trainers print a metric: val_loss=0.12, val_loss: 0.12, 'val_loss': 0.12."""
    name = re.escape(metric)
    return re.compile(rf"(?<![\w/.-]){name}['\"]?[=: ]+({_NUMBER})(?![\w.])", re.IGNORECASE)


def own_pattern(text: str, option: str) -> re.Pattern[str]:
    """A person's own expression, whose first group is the number; Refusal names the option."""
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise Refusal(f"{option}: {text!r} is no regular expression: {error}") from None
    if not pattern.groups:
        raise Refusal(f"{option}: {text!r} needs a group around the number: val=([0-9.]+)")
    return pattern
