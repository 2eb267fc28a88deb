"""Numbers and names cut to the cells of a screen: columns line up, and nothing is cut unseen."""

from __future__ import annotations

import math

from rich.cells import cell_len, set_cell_size

from ..quantities import size


def size_range(low: float, high: float) -> str:
    """Two sizes that may be one: 41.2 GB, 41.2-43.0 GB, 800 MB-1.2 GB."""
    first, last = size(low), size(high)
    if first == last:
        return last
    digits, _, unit = first.partition(" ")
    return f"{digits}-{last}" if last.endswith(unit) else f"{first}-{last}"


def plain_number(value: float | None) -> str:
    """A step, an epoch or a metric in few characters; "-" when there is none."""
    if value is None:
        return "-"
    if not math.isfinite(value):
        return str(value)
    if value == int(value) and abs(value) < 1e9:
        return str(int(value))
    return f"{value:.4g}"


def epoch_text(value: float | None) -> str:
    """An epoch with at most two decimals."""
    return "-" if value is None or not math.isfinite(value) else f"{round(value, 2):g}"


def metric_text(value: float | None) -> str:
    """A metric so that a column of them lines up: 0.4127, 12.31, 1.2e-05."""
    if value is None:
        return "-"
    if not math.isfinite(value) or value == 0 or abs(value) >= 10_000 or abs(value) < 0.001:
        return f"{value:.4g}"
    decimals = max(0, 4 - max(0, math.floor(math.log10(abs(value)))))
    return f"{value:.{decimals}f}"


def percent(part: float, whole: float) -> str:
    """A share; never rounded up to 100 nor down to 0."""
    if whole <= 0 or part <= 0:
        return "0 %"
    share = 100 * part / whole
    return f"{min(99, max(1, round(share))) if part < whole else 100} %"


def fit(text: str, width: int, *, right: bool = False, ellipsis: str = "…") -> str:
    """Exactly `width` cells of the text, cut with an ellipsis where it is too long."""
    length = cell_len(text)
    if length > width:
        cut = set_cell_size(text, max(0, width - len(ellipsis)))
        return set_cell_size(cut.rstrip() + ellipsis, width)
    return " " * (width - length) + text if right else text + " " * (width - length)


def fit_path(path: str, width: int, *, ellipsis: str = "…") -> str:
    """The end of a path that is too long, since the end tells runs apart."""
    while cell_len(path) > width and path:
        path = ellipsis + path.removeprefix(ellipsis)[1:]
    return path


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most `width` cells, broken at spaces where there are any."""
    width = max(2, width)
    lines: list[str] = []
    line = ""
    for word in text.split():
        while cell_len(word) > width:
            if line:
                lines.append(line)
                line = ""
            head = set_cell_size(word, width).rstrip()
            lines.append(head)
            word = word[len(head) :]
        if line and cell_len(line) + 1 + cell_len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    if line or not lines:
        lines.append(line)
    return lines
