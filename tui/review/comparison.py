"""The rules on screen beside the policy they began as: what each keeps that the other deletes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...policies.catalog.model import Checkpoint
from ...policies.compare import Comparison, compare
from ...policies.freed import Freed
from ...policies.refusal import PolicyRefusal
from ..commit_text import promise
from ..compare_text import difference_lines
from ..output import shown
from ..quantities import size
from .glyphs import Glyphs
from .lines import Line
from .model import ReviewModel
from .panes import Pane
from .styles import BOLD, DELETED, SLIMMED
from .words import fit, plain_number, wrapped

_STYLES = {"kept now": BOLD, "deleted now": DELETED, "whole now": BOLD, "slimmed now": SLIMMED}


class ComparePane(Pane):
    """Sums first, then every checkpoint on which the two differ."""

    def __init__(self, model: ReviewModel, glyphs: Glyphs) -> None:
        name = shown(model.base.name) if model.base else ""
        super().__init__(f"What these rules change in {name}", glyphs)
        self._names = (shown(model.plan.policy.name) if model.plan.policy else "", name)
        self._model = model
        self._trouble = ""
        self._found: Comparison | None = None
        if model.base is not None:
            try:
                before = model.plan_of(model.base)
                self._found = compare(model.plan_here, model.here(before))
            except PolicyRefusal as refusal:
                self._trouble = str(refusal)

    def content(self, width: int) -> Sequence[Line]:
        found = self._found
        if found is None:
            return [[(text, None)] for text in wrapped(self._trouble, width)]
        lines: list[Line] = []
        for text in difference_lines(*self._names, found, bytes_in=self._bytes):
            lines.extend([(part, BOLD)] for part in wrapped(text, width))
        lines += self._rows("kept now", found.only_first, width)
        lines += self._rows("deleted now", found.only_second, width)
        lines += self._rows("whole now", found.whole_only_first, width)
        lines += self._rows("slimmed now", found.whole_only_second, width)
        return lines

    def _bytes(self, freed: Freed) -> str:
        return size(freed.apparent) if self._model.apparent else promise(freed)

    def _rows(self, title: str, checkpoints: Iterable[Checkpoint], width: int) -> list[Line]:
        style = _STYLES[title]
        lines: list[Line] = []
        for one in checkpoints:
            bytes_ = one.apparent if self._model.apparent else one.disk
            number = f"{plain_number(one.number):>9} {size(bytes_):>8}  "
            room = max(8, width - len(number) - 15)
            name = fit(shown(one.id), room, ellipsis=self._glyphs.ellipsis)
            lines.append([(f"  {title:<13}", style), (number + name, None)])
        return [(), *lines] if lines else []
