"""The plot of a forecast: size over days, with the policy and without, in braille dots.

Without colours; each curve carries its name. Only `forecast` on a terminal imports the library.
"""

from __future__ import annotations

from importlib import import_module

from ..policies.forecast import DAY, Forecast
from .quantities import size

_MARGIN = 24  # columns that the library takes for its axes
_WIDEST = 72
_NARROWEST = 20
_HEIGHT = 10


def plot(found: Forecast, columns: int) -> str:
    """Two curves from now to the last point; an empty text where there is no room for them."""
    width = min(columns - _MARGIN, _WIDEST)
    if width < _NARROWEST or not found.points:
        return ""
    moments = [0.0, *(one.seconds / DAY for one in found.points)]
    without = [found.now.bytes, *(one.without.bytes for one in found.points)]
    kept = [found.kept_now.bytes, *(one.kept.bytes for one in found.points)]
    if not max(without):
        return ""
    unit, scale = _unit(max(without))
    figure = import_module("plotille").Figure()  # by name, since it declares no types
    figure.width, figure.height, figure.with_colors = width, _HEIGHT, False
    figure.set_x_limits(0, moments[-1])
    figure.set_y_limits(0, max(without) / scale)
    figure.x_label, figure.y_label = "days", unit
    figure.register_label_formatter(float, _label)
    for name, sizes in (("without", without), ("with", kept)):
        values = [value / scale for value in sizes]
        figure.plot(moments, values)
        figure.text([moments[-2]], [values[-2]], [f" {name}"])
    text: str = figure.show()
    return "\n".join(line.replace("⠀", " ").rstrip() for line in text.splitlines())


def _unit(largest: int) -> tuple[str, float]:
    """The unit that the largest value is told in, and its bytes."""
    unit = size(largest).split(" ", 1)[1]
    powers = {"B": 0, "kB": 1, "MB": 2, "GB": 3, "TB": 4, "PB": 5, "EB": 6}
    return unit, 1000.0 ** powers[unit]


def _label(value: float, chars: int, delta: float, left: bool = False) -> str:
    """A number of an axis; the library asks for those of the x axis to the left."""
    return f"{value:.0f}".ljust(chars) if left else f"{value:.3g}".rjust(chars)
