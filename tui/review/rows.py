"""What the cells of the table say, and how wide each column is.

Columns are as wide as the run needs them, so that 80 cells hold all and the words of the
decision get what is left.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...policies.catalog.model import State
from ...policies.decisions import Action, Decision
from ...policies.explain import Explainer
from ...policies.late_dataclass import dataclass
from ..output import shown
from ..quantities import age, size
from .glyphs import Glyphs
from .inventory import Inventory
from .lines import Run
from .model import ReviewModel
from .ordering import Column, Shown
from .styles import DELETED, MARKED, PINNED, SLIMMED, UNFINISHED
from .words import epoch_text, fit, fit_path, metric_text, plain_number, size_range

_LEAST_REASON = 5
_FIRST_TO_GO = (Column.EPOCH, Column.TIER, Column.METRIC2, Column.METRIC, Column.AGE)
_COMFORTABLE_REASON = 29
_NARROWEST_METRIC = 7
_WIDEST_METRIC = 9
_WIDEST_SERIES = 24
ACTION_WIDTH = 7  # "delete" and a space
_ALL_COLUMNS = 200  # cells; a width that has room for every column
_MARGIN = 3  # cursor, glyph, space
_STYLES = {Action.DELETE: DELETED, Action.SLIM: SLIMMED}


@dataclass(frozen=True, slots=True)
class Cell:
    """One column as it is laid out now."""

    column: Column
    title: str
    width: int
    right: bool = True


@dataclass(frozen=True, slots=True)
class Layout:
    """All columns of the table, the decision last."""

    cells: tuple[Cell, ...]
    gap: int

    @property
    def columns(self) -> tuple[Column, ...]:
        return tuple(cell.column for cell in self.cells)

    def column_at(self, x: int) -> Column | None:
        """The column whose title is at a cell of the header."""
        start = _MARGIN
        for cell in self.cells:
            if start <= x < start + cell.width + self.gap:
                return cell.column
            start += cell.width + self.gap
        return None


def layout_for(inventory: Inventory, shown_: Shown, width: int, *, grouped: bool = False) -> Layout:
    """The columns that fit `width` cells: what tells rows apart first, then what explains them."""
    cells = _wanted(inventory, shown_, width, grouped=grouped)
    for spare in _FIRST_TO_GO:
        if width - _MARGIN - sum(cell.width + 1 for cell in cells) >= ACTION_WIDTH + _LEAST_REASON:
            break
        cells = [cell for cell in cells if cell.column is not spare]
    used = _MARGIN + sum(cell.width for cell in cells)
    spacious = width - used - 2 * len(cells) >= ACTION_WIDTH + _COMFORTABLE_REASON
    gap = 2 if spacious else 1
    rest = max(ACTION_WIDTH, width - used - gap * len(cells))
    return Layout((*cells, Cell(Column.DECISION, "DECISION", rest, right=False)), gap)


def _wanted(inventory: Inventory, shown_: Shown, width: int, *, grouped: bool) -> list[Cell]:
    many = len(inventory.catalog.series) > 1 and not grouped  # a heading names it
    cells = [Cell(Column.STEP, "STEP", max(5, inventory.step_width))]
    if not many or width >= 90:
        cells.append(Cell(Column.EPOCH, "EPOCH", max(5, inventory.epoch_width)))
    if many:
        names = [shown(series.id) for series in inventory.catalog.series]
        limit = _WIDEST_SERIES if width >= 90 else 14
        cells.append(Cell(Column.SERIES, "SERIES", min(limit, _widest(names, 7)), right=False))
    cells.append(Cell(Column.SIZE, "SIZE", 7))
    cells.append(Cell(Column.TIER, "TIER", 4))
    pairs = zip((Column.METRIC, Column.METRIC2), shown_.metrics, strict=False)
    for column, name in list(pairs)[: 2 if width >= 96 else 1]:
        limit = max(_NARROWEST_METRIC, min(_WIDEST_METRIC, len(name)))
        cells.append(Cell(column, shown(name).upper(), limit))
    cells.append(Cell(Column.AGE, "AGE", 5))
    return cells


def _widest(texts: Sequence[str], least: int) -> int:
    return max(least, max(map(len, texts), default=0))


def header(layout: Layout, model: ReviewModel, glyphs: Glyphs) -> str:
    """The titles, with an arrow at the column that sorts."""
    parts = []
    for cell in layout.cells:
        title = cell.title
        if model.sort.column is cell.column:
            arrow = glyphs.down if model.sort.descending else glyphs.up
            title = fit(title, min(len(title), cell.width - 1), ellipsis=glyphs.ellipsis) + arrow
        parts.append(fit(title, cell.width, right=cell.right, ellipsis=glyphs.ellipsis))
    return " " * _MARGIN + (" " * layout.gap).join(parts)


def sign_of(decision: Decision, model: ReviewModel, glyphs: Glyphs) -> Run:
    """The glyph of a row: what a person said about it first, then what it is."""
    id_ = decision.checkpoint.id
    if id_ in model.pins:
        return glyphs.pinned, PINNED
    if id_ in model.marks:
        return glyphs.marked, MARKED
    if decision.checkpoint.state is not State.COMPLETE:
        return glyphs.incomplete, UNFINISHED
    if id_ in model.slim_marks or decision.checkpoint.weights_only:
        return glyphs.slimmed, SLIMMED
    return " ", None


def numbers_of(decision: Decision, layout: Layout, model: ReviewModel, glyphs: Glyphs) -> str:
    """All cells before the decision, as one text."""
    cells = [
        fit(
            _text(decision, cell.column, model),
            cell.width,
            right=cell.right,
            ellipsis=glyphs.ellipsis,
        )
        for cell in layout.cells[:-1]
    ]
    return (" " * layout.gap).join(cells) + " " * layout.gap


def decision_of(decision: Decision, width: int, explainer: Explainer, glyphs: Glyphs) -> list[Run]:
    """The action and its reasons in as few words as fit; the explainer is that of its plan."""
    style = _STYLES.get(decision.action)
    words = _spare_words(explainer.short(decision), decision)
    reason = fit(shown(words), max(0, width - ACTION_WIDTH), ellipsis=glyphs.ellipsis)
    return [(f"{decision.action.value:<{ACTION_WIDTH}}", style), (reason, None)]


def heading_of(series: str, model: ReviewModel, glyphs: Glyphs, width: int) -> str:
    """The heading of a series: its name, and in columns what it holds and what would be freed."""
    sums, seen = model.sum_of(series), model.shown_of(series)
    many = f"{seen} of {sums.checkpoints}" if model.filter else str(sums.checkpoints)
    if model.apparent:
        total, frees = sums.apparent, size(sums.freed.apparent)
    else:
        total, frees = sums.disk, size_range(sums.freed.certain, sums.freed.possible)
    numbers = f"{many:>6}  {size(total):>8}  frees {frees:>8}  deletes {sums.deletes:>5}"
    if sums.slims:
        numbers += f"  slims {sums.slims:>5}"
    sign = glyphs.folded if series in model.folded else glyphs.opened
    room = max(8, width - len(numbers) - 4)
    name = fit_path(shown(series), room, ellipsis=glyphs.ellipsis)
    return f"{sign} {fit(name, room)}  {numbers}"


def described(decision: Decision, model: ReviewModel) -> str:
    """A whole row as one sentence, with the title of each value: for ears instead of eyes."""
    one = decision.checkpoint
    parts = [shown(one.id)]
    for cell in layout_for(model.inventory, model.shown, _ALL_COLUMNS).cells[:-1]:
        text = _text(decision, cell.column, model)
        if text not in ("", "-") and cell.column is not Column.SERIES:
            parts.append(f"{cell.title.lower()} {text}")
    if one.id in model.pins:
        parts.append("pinned")
    if one.id in model.marks:
        parts.append("marked")
    if one.id in model.slim_marks:
        parts.append("marked to slim")
    if one.weights_only:
        parts.append("weights only")
    reasons = shown(model.explainer.short(decision))
    return f"{', '.join(parts)}; {decision.action.value}: {reasons}"


def _spare_words(words: str, decision: Decision) -> str:
    """Drop what other columns say already: the tier, and the name all of a series begin with."""
    if decision.tier is not None:
        words = words.replace(f"tier {decision.tier}: ", "")
    stem = decision.checkpoint.series.rpartition("/")[2].partition("*")[0]
    return words.replace(f" {stem}", " ") if len(stem) > 1 else words


def _text(decision: Decision, column: Column, model: ReviewModel) -> str:
    one = decision.checkpoint
    if column is Column.STEP:
        return plain_number(one.step)
    if column is Column.EPOCH:
        return epoch_text(one.epoch)
    if column is Column.SERIES:
        return shown(one.series)
    if column is Column.TIER:
        return "-" if decision.tier is None else str(decision.tier)
    if column is Column.AGE:
        return "" if one.saved_at is None else age(model.now - one.saved_at)
    if column is Column.SIZE:
        if one.measure is None:
            return "..."
        return size(one.apparent if model.apparent else one.disk)
    return metric_text(one.metrics.get(_metric_name(column, model.shown)))


def _metric_name(column: Column, shown_: Shown) -> str:
    position = 0 if column is Column.METRIC else 1
    return shown_.metrics[position] if position < len(shown_.metrics) else ""
