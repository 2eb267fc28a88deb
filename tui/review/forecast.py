"""What the run will hold in a week, a month, half a year and a year, with these rules."""

from __future__ import annotations

from collections.abc import Sequence

from ...policies.forecast import Forecast, by_length, forecast
from ...policies.refusal import PlanRefusal
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
        plan = model.plan
        if model.apparent:  # lengths and free blocks are not comparable
            free = None
            plan = model.plan_on(by_length(model.catalog))
        self._free = free
        self._trouble = ""
        self._found: Forecast | None = None
        self._body: tuple[int, list[Line]] | None = None
        try:
            self._found = forecast(plan, free)
        except PlanRefusal as refusal:
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
