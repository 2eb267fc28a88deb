"""The lines around the table: where we are, the rules, what the plan frees, and the keys.

They word sums that the plan has made; nothing is added up here.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from ..output import shown
from ..quantities import age, counted, size, with_files
from .glyphs import Glyphs
from .keys import REVIEW, Key, footer_keys
from .lines import Line, Lines, Run
from .model import ReviewModel
from .styles import ALERT, BOLD, DIM, KEY
from .words import fit, fit_path, percent, size_range, wrapped

_LEAST_PATH = 16  # cells; facts go before the path gets shorter
_RECENT = 15 * 60  # seconds; a younger write means that a run is probably going on


class TitleLine(Lines):
    """Root, counts, and what to know about the place."""

    def __init__(self, model: ReviewModel, glyphs: Glyphs, title: str) -> None:
        super().__init__(id="title")
        self._model, self._glyphs = model, glyphs
        self._title = title
        self.disk_share: float | None = None

    def sync(self) -> None:
        facts = self._facts()
        path = shown(self._title)
        least = min(_LEAST_PATH, cell_len(path))
        while len(facts) > 1 and self._room(facts) < least:
            facts.pop()  # the least important stands last
        path = fit_path(path, max(least, self._room(facts)), ellipsis=self._glyphs.ellipsis)
        line: list[Run] = [(f" {path}", BOLD)]
        for fact, urgent in facts:
            line.append(("   ", None))
            line.append((fact, ALERT if urgent else None))
        self.draw([line])

    def _room(self, facts: Sequence[tuple[str, bool]]) -> int:
        return self.columns - 2 - sum(cell_len(fact) + 3 for fact, _ in facts)

    def _facts(self) -> list[tuple[str, bool]]:
        model = self._model
        summary = model.plan.summary
        total = summary.total_apparent if model.apparent else summary.total_bytes
        facts = [(counted(len(model.catalog.checkpoints), "checkpoint"), False)]
        if model.summary_is_final:
            facts[0] = (f"{facts[0][0]}, {size(total)}", False)
        writers = model.catalog.activity.writers
        if writers:
            others = f" and {len(writers) - 1} more" if len(writers) > 1 else ""
            facts.append(
                (f"pid {writers[0].pid}{others} {'are' if others else 'is'} writing", True)
            )
        if model.read_only:
            facts.append(("read-only", False))
        if model.apparent:
            facts.append(("apparent sizes: files are sparse", False))
        elif self.disk_share is not None:
            facts.append((f"disk {percent(self.disk_share, 1)} full", self.disk_share >= 0.9))
        if not writers and model.written_ago is not None and model.written_ago < _RECENT:
            facts.append((f"written {age(model.written_ago)} ago", False))
        return facts


class PolicyPanel(Lines):
    """The rules, each with its digit; on as many lines as they need."""

    def __init__(self, model: ReviewModel, glyphs: Glyphs) -> None:
        super().__init__(id="rules")
        self._model, self._glyphs = model, glyphs

    def lines_for(self, width: int) -> list[Line]:
        """The panel at a width."""
        lines: list[list[Run]] = [[]]
        used = 0
        for switch in self._switches():
            length = sum(cell_len(text) for text, _ in switch)
            if used + length > width and used:
                lines.append([])
                used = 0
            lines[-1].extend(switch)
            used += length
        return list(lines)

    def _switches(self) -> list[list[Run]]:
        switches: list[list[Run]] = []
        for number, slot in enumerate(self._model.slots, start=1):
            digit = str(number) if number <= 9 else " "
            box = f"[{self._glyphs.on if slot.on else self._glyphs.off}]"
            style = BOLD if slot.on else None
            switches.append([(f" {digit} ", None), (f"{box} {slot.label}", style), (" ", None)])
        if not switches:
            words = "reading the directory..." if self._model.scanning else "no rules; p presets"
            return [[(f" {words}", DIM)]]
        return switches

    def sync(self) -> None:
        self.draw(self.lines_for(self.columns))


_GAP = "  "  # between what a plan frees and what it is about


class FreedLine(Lines):
    """The line that never leaves the screen."""

    def __init__(self, model: ReviewModel, glyphs: Glyphs) -> None:
        super().__init__(id="freed")
        self._model, self._glyphs = model, glyphs

    def sync(self) -> None:
        left, right = self._left(), self._right()
        room = self.columns - cell_len(left) - 2 - len(_GAP)
        right = fit(right, max(0, room), right=True, ellipsis=self._glyphs.ellipsis)
        self.draw([[(f" {left}", BOLD), (f"{_GAP}{right} ", None)]])

    def _left(self) -> str:
        model, dot = self._model, self._glyphs.dot
        if model.trouble:
            return f"the scan failed {dot} r tries again"
        summary = model.plan.summary
        total = summary.total_apparent if model.apparent else summary.total_bytes
        gone = with_files(summary.delete, summary.artifacts)
        slims = f" {dot} slims {summary.slim}" if summary.slim else ""
        words = f"{self._frees(total)} {dot} keeps {summary.keep}{slims} {dot} deletes {gone}"
        if not model.scanning:
            return words
        done, known = model.scan_progress
        return f"sizing {done} of {known} {dot} {words}" if known else "looking for checkpoints"

    def _frees(self, total: int) -> str:
        model, summary = self._model, self._model.plan.summary
        freed = summary.freed
        if model.plan.policy is None and not model.by_hand:
            return "frees nothing: no rule is on"
        if not model.summary_is_final:
            return f"frees {size(freed.apparent if model.apparent else freed.certain)} so far"
        if not summary.going:
            return f"frees nothing of {size(total)}"
        if model.apparent:
            share = percent(freed.apparent, total)
            return f"frees {size(freed.apparent)} of {size(total)} ({share})"
        frees = size_range(freed.certain, freed.possible).replace("-", self._glyphs.dash)
        return f"frees {frees} of {size(total)} ({percent(freed.certain, total)})"

    def _right(self) -> str:
        model = self._model
        parts = []
        if model.filter:
            parts.append(f"/{model.filter} shows {len(model.visible)}")
        if model.by_hand:
            parts.append(f"{len(model.by_hand)} marked by hand")
        if model.plan.policy is not None:
            parts.append(model.plan.policy.name)
        return f" {self._glyphs.dot} ".join(parts)


class KeyLine(Lines):
    """What keys do now, or what has just happened."""

    def __init__(self, model: ReviewModel, glyphs: Glyphs) -> None:
        super().__init__(id="keys")
        self._model, self._glyphs = model, glyphs
        self.keys: Sequence[Key] = REVIEW
        self.notice = ""
        self.urgent = False

    def notice_lines(self, width: int) -> list[str]:
        """The notice on as many lines as it needs."""
        return wrapped(shown(self.notice), width - 2) if self.notice else [""]

    def sync(self) -> None:
        if self.notice:
            style = ALERT if self.urgent else BOLD
            self.draw([[(f" {text}", style)] for text in self.notice_lines(self.columns)])
            return
        keys = footer_keys(self.keys, read_only=self._model.read_only)
        line: list[Run] = []
        for key, label in fitting(
            [(self._glyphs.spelled(k), name) for k, name in keys], self.columns
        ):
            line.extend(((f" {key}", KEY), (f" {label} ", None)))
        self.draw([line])


def fitting(keys: Sequence[tuple[str, str]], width: int) -> list[tuple[str, str]]:
    """The keys that a line has room for; help is the last to go, since it tells all others."""
    room = width - sum(_length(key) for key in keys if key[1] == "help")
    chosen = []
    for key in keys:
        if key[1] == "help" or _length(key) <= room:
            chosen.append(key)
            room -= 0 if key[1] == "help" else _length(key)
    return chosen


def _length(key: tuple[str, str]) -> int:
    return len(key[0]) + len(key[1]) + 3
