"""What the run will hold in a week, a month, half a year and a year, with these rules."""

from __future__ import annotations

from collections.abc import Sequence

from ...policies.decisions import Plan
from ...policies.forecast import Forecast, by_length, forecast
from ...policies.refusal import PlanRefusal, PolicyRefusal
from ..forecast_plot import plot
from ..forecast_text import cadence_line, forecast_table, verdicts
from ..output import shown
from .glyphs import ASCII, Glyphs
from .lines import Line
from .model import ReviewModel
from .panes import Pane
from .styles import BOLD
from .words import wrapped


class ForecastPane(Pane):
    """The words, the table and the plot of `keepstep forecast`."""

    def __init__(self, model: ReviewModel, glyphs: Glyphs, free: int | None) -> None:
        name = shown(model.plan.policy.name) if model.plan.policy else "no rule"
        super().__init__(f"Forecast with {name}", glyphs)
        self._free = None if model.apparent else free  # lengths and free blocks are not comparable
        self._trouble = ""
        self._found: Forecast | None = None
        self._body: tuple[int, list[Line]] | None = None
        try:
            self._found = forecast(_plan(model), self._free)
        except (PlanRefusal, PolicyRefusal) as refusal:
            self._trouble = str(refusal)

    def content(self, width: int) -> Sequence[Line]:
        if self._body is None or self._body[0] != width:
            self._body = (width, self._lines(width))
        return self._body[1]

    def _lines(self, width: int) -> list[Line]:
        found = self._found
        if found is None:
            return [[(text, None)] for text in wrapped(shown(self._trouble), width)]
        lines: list[Line] = []
        for said in (*map(cadence_line, found.cadences), *verdicts(found, self._free)):
            lines.extend([(text, None)] for text in wrapped(shown(said), width))
        head, *rows = forecast_table(found, width).splitlines()
        lines += [(), [(head, BOLD)], *([(row, None)] for row in rows)]
        if self._glyphs is not ASCII:  # the plot is drawn in braille dots
            lines += [(), *([(row, None)] for row in plot(found, width).splitlines())]
        return lines


def _plan(model: ReviewModel) -> Plan:
    """Of the run that is shown, or of all."""
    if model.apparent:
        return model.plan_on(by_length(model.catalog_here))
    return model.plan_on(model.catalog_here) if model.scope else model.plan
