"""The lines around the table: where we are, the rules, what the plan frees, and the keys.

They word sums that the plan has made; nothing is added up here.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.style import Style

from ..output import shown
from .glyphs import Glyphs
from .keys import REVIEW, Key, footer_keys
from .lines import Line, Lines, Run
from .model import ReviewModel
from .rule_values import values_of
from .styles import ALERT, BOLD, CURSOR, DIM, KEY
from .sums import freed_words, title_facts
from .words import fit, fit_path, wrapped

_LEAST_PATH = 16  # cells; facts go before the path gets shorter


class TitleLine(Lines):
    """Root, counts, and what to know about the place."""

    def __init__(self, model: ReviewModel, glyphs: Glyphs, title: str) -> None:
        super().__init__(id="title")
        self._model, self._glyphs = model, glyphs
        self._title = title
        self.disk_share: float | None = None

    def sync(self) -> None:
        facts = title_facts(self._model, self.disk_share)
        path = shown(self._title)
        least = min(_LEAST_PATH, cell_len(path))
        while facts and self._room(facts) < least:
            facts.pop()  # the least important stands last
        path = fit_path(path, max(least, self._room(facts)), ellipsis=self._glyphs.ellipsis)
        line: list[Run] = [(f" {path}", BOLD)]
        for fact, urgent in facts:
            line.append(("   ", None))
            line.append((fact, ALERT if urgent else None))
        self.draw([line])

    def _room(self, facts: Sequence[tuple[str, bool]]) -> int:
        return self.columns - 2 - sum(cell_len(fact) + 3 for fact, _ in facts)


class PolicyPanel(Lines):
    """The rules, each with its digit; on as many lines as they need."""

    def __init__(self, model: ReviewModel, glyphs: Glyphs, presets: str = "p") -> None:
        super().__init__(id="rules")
        self._model, self._glyphs = model, glyphs
        self._presets = presets  # the key that offers some

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
            label = self._label(number - 1, style)
            switches.append([(f" {digit} ", None), (f"{box} ", style), *label, (" ", None)])
        if not switches:
            words = (
                "reading the directory..."
                if self._model.scanning
                else f"no rules; {self._presets} presets"
            )
            return [[(f" {words}", DIM)]]
        return switches

    def _label(self, slot: int, style: Style | None) -> list[Run]:
        """The words of a rule; the value that + and - change stands out."""
        model = self._model
        label, chosen = model.slots[slot].label, model.chosen
        if chosen is None or chosen[0] != slot:
            return [(label, style)]
        end = start = 0
        for value in values_of(model.slots[slot].rule)[: chosen[1] + 1]:
            start, end = value.place(label, end)
        parts = [(label[:start], style), (label[start:end], CURSOR), (label[end:], style)]
        return [(text, style) for text, style in parts if text]

    def sync(self) -> None:
        self.draw(self.lines_for(self.columns))


_TO_THE_LAST = ("help", "back")
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
        """In whole parts: a number that is cut would be another number."""
        dot, ellipsis = f" {self._glyphs.dot} ", self._glyphs.ellipsis
        words = freed_words(self._model, self._glyphs)
        parts = words.split(dot)
        while cell_len(words) > self.columns - 2 and len(parts) > 1:
            parts.pop()
            words = dot.join([*parts, ellipsis])
        return words

    def _right(self) -> str:
        model = self._model
        parts = []
        if model.scope:
            parts.append(f"only {shown(model.scope)}")
        if model.filter:
            parts.append(f"/{model.filter} shows {len(model.visible)}")
        if marked := model.marked_here:
            parts.append(f"{marked} marked by hand")
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
    """The keys that a line has room for; those that help and lead back stay."""
    room = width - sum(_length(key) for key in keys if key[1] in _TO_THE_LAST)
    chosen = []
    for key in keys:
        if key[1] in _TO_THE_LAST or _length(key) <= room:
            chosen.append(key)
            room -= 0 if key[1] in _TO_THE_LAST else _length(key)
    return chosen


def _length(key: tuple[str, str]) -> int:
    return len(key[0]) + len(key[1]) + 3
