"""Everything known about one checkpoint, in words: why it stays or goes, and what it is.

Beside the table where the terminal is wide, in place of the table otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from rich.style import Style

from ...policies.catalog.model import Checkpoint, Kind, Standing, State
from ...policies.catalog.weights_only import NOT_RESUMABLE
from ...policies.decisions import Action, Decision
from ...policies.slimming import dropped, why_whole
from ..output import shown
from ..quantities import age, counted, size
from ..scan_text import VERIFIED
from .glyphs import Glyphs
from .lines import Line, Lines
from .model import ReviewModel
from .panes import Pane
from .styles import BOLD, DELETED, DIM, PINNED, SLIMMED, UNFINISHED
from .words import epoch_text, metric_text, size_range, wrapped

_MOST_MEMBERS = 12


class DetailsSide(Lines):
    """The pane at the right; it follows the cursor."""

    DEFAULT_CSS = "DetailsSide { width: 41; height: 1fr; }"

    def __init__(self, model: ReviewModel, glyphs: Glyphs) -> None:
        super().__init__(id="side")
        self._model, self._glyphs = model, glyphs

    def sync(self) -> None:
        current, series = self._model.current, self._model.heading
        if current is None and series is None:
            self.draw([])
            return
        edge, width = self._glyphs.edge, self.columns - 3
        lines = (
            details_of(current, self._model, self._glyphs, width)
            if current is not None
            else series_details(series or "", self._model, width)
        )
        padded = [*lines, *([()] * (self.rows - len(lines)))]
        self.draw([[(f" {edge} ", None), *line] for line in padded])


class DetailsPane(Pane):
    """The same on the whole width, scrolled by its own keys."""

    def __init__(self, model: ReviewModel, glyphs: Glyphs) -> None:
        super().__init__("Why, and what", glyphs)
        self._model = model

    def content(self, width: int) -> Sequence[Line]:
        current = self._model.current
        return details_of(current, self._model, self._glyphs, width) if current else []


def series_details(series: str, model: ReviewModel, width: int) -> list[Line]:
    """The lines for a heading of the table."""
    sums = model.sum_of(series)
    seen = model.shown_of(series)
    facts = [counted(sums.checkpoints, "checkpoint")]
    if seen != sums.checkpoints:
        facts.append(f"{seen} of them pass the filter")
    facts.append(size(sums.apparent if model.apparent else sums.disk))
    keeps = sums.checkpoints - sums.deletes - sums.slims
    slims = f", slims {sums.slims}" if sums.slims else ""
    facts.append(f"the plan keeps {keeps}{slims}, deletes {sums.deletes}")
    frees = size_range(sums.freed.certain, sums.freed.possible)
    facts.append(f"and frees {size(sums.freed.apparent) if model.apparent else frees}")
    lines: list[Line] = [_styled(text, BOLD) for text in wrapped(shown(series), width)]
    return lines + [_styled(line) for text in facts for line in wrapped(text, width)]


def details_of(decision: Decision, model: ReviewModel, glyphs: Glyphs, width: int) -> list[Line]:
    """The lines for one checkpoint, none wider than `width`."""
    one = decision.checkpoint
    lines: list[Line] = [_styled(text, BOLD) for text in wrapped(shown(one.id), width)]
    lines += [_styled(text) for text in wrapped(_identity(decision, model, glyphs), width)]
    lines += [_styled(text) for text in wrapped(_saved(one, model, glyphs), width)]
    if one.state is not State.COMPLETE:
        words = f"{one.state.value}: {shown(one.evidence)}" if one.evidence else one.state.value
        lines += [_styled(text, UNFINISHED) for text in wrapped(words, width)]
    elif one.verified:
        lines.append(_styled(VERIFIED[one.verified]))
    if one.weights_only:
        lines += [_styled(text, SLIMMED) for text in wrapped(NOT_RESUMABLE, width)]
    lines += _reasons(decision, model, width)
    lines += _pin(one, model, width)
    lines += _pairs("metrics", ((n, metric_text(v)) for n, v in _metrics(one, model)), width)
    lines += _list("how good", _standing(one, model), width)
    lines += _sizes(one, model, width)
    lines += _list("pointed to by", one.pointed_to_by, width)
    members = [m.path + ("/" if m.kind is Kind.DIRECTORY else "") for m in one.members]
    if members != [one.id + "/"]:
        lines += _list("members", members[:_MOST_MEMBERS], width)
        if len(members) > _MOST_MEMBERS:
            lines.append(_styled(f"  and {len(members) - _MOST_MEMBERS} more", DIM))
    return lines


def _styled(text: str, style: Style | None = None) -> Line:
    return [(text, style)]


def _identity(decision: Decision, model: ReviewModel, glyphs: Glyphs) -> str:
    one = decision.checkpoint
    parts = []
    if one.step is not None:
        parts.append(f"step {one.step}")
    if one.epoch is not None:
        parts.append(f"epoch {epoch_text(one.epoch)}")
    if decision.tier is not None:
        parts.append(f"tier {decision.tier}")
    if one.standing is not Standing.NUMBERED:
        parts.append(f"the framework's {one.standing.value} copy")
    parts.append(one.layout)
    if model.several_series:
        parts.append(f"series {shown(one.series)}")
    return f" {glyphs.dot} ".join(parts)


def _saved(one: Checkpoint, model: ReviewModel, glyphs: Glyphs) -> str:
    if one.measure is None or one.saved_at is None:
        return "not sized yet"
    bytes_ = one.apparent if model.apparent else one.disk
    when = datetime.fromtimestamp(one.saved_at, UTC)
    parts = [
        f"{size(bytes_)} in {counted(one.measure.files, 'file')}",
        f"saved {age(model.now - one.saved_at)} ago, {when:%Y-%m-%d %H:%M} UTC",
    ]
    return f" {glyphs.dot} ".join(parts)


def _reasons(decision: Decision, model: ReviewModel, width: int) -> list[Line]:
    style = {Action.KEEP: BOLD, Action.SLIM: SLIMMED, Action.DELETE: DELETED}[decision.action]
    lines: list[Line] = [(), _styled(f"{decision.action.value}, because", style + BOLD)]
    for reason in model.explainer.reasons(decision):
        lines += _item(shown(reason.text), width)
    if model.explainer.why_protected(decision):
        lines.append(_styled("  so it cannot be marked by hand", DIM))
    return lines


def _pin(one: Checkpoint, model: ReviewModel, width: int) -> list[Line]:
    pin = model.pins.get(one.id)
    if pin is None:
        return []
    words = [f"by {pin.by}" if pin.by else "", pin.at[:16].replace("T", " "), pin.note]
    said = ", ".join(shown(word) for word in words if word)
    return [(), _styled("pinned", PINNED), *(_item(said, width) if said else [])]


def _metrics(one: Checkpoint, model: ReviewModel) -> Iterable[tuple[str, float]]:
    return ((name, one.metrics[name]) for name in model.shown.metrics if name in one.metrics)


def _standing(one: Checkpoint, model: ReviewModel) -> list[str]:
    reports = model.best_of(one.series)
    said = [report.words_for(one) for report in reports]
    unsaved = [report.words_of_unsaved() for report in reports if report.best.id == one.id]
    return [words for words in (*said, *unsaved) if words]


def _sizes(one: Checkpoint, model: ReviewModel, width: int) -> list[Line]:
    roles = one.measure.roles if one.measure else ()
    lines = _pairs("sizes by role", ((role.value, size(bytes_)) for role, bytes_ in roles), width)
    if lines and not one.weights_only:
        why, frees = why_whole(one), dropped(one)
        bytes_ = frees.apparent if model.apparent else frees.certain
        words = f"cannot be slimmed: {shown(why)}" if why else f"slimming it frees {size(bytes_)}"
        lines += [_styled("  " + text, DIM) for text in wrapped(words, max(8, width - 2))]
    if lines and (state := model.optimizer_state_of(one.series)):
        words = f"{state} in the series"
        lines += [_styled("  " + text, DIM) for text in wrapped(words, max(8, width - 2))]
    return lines


def _pairs(title: str, pairs: Iterable[tuple[str, str]], width: int) -> list[Line]:
    rows = [(shown(name), value) for name, value in pairs]
    if not rows:
        return []
    column = max(1, min(width - 12, max(len(name) for name, _ in rows)))
    return [
        (),
        _styled(title, BOLD),
        *(_styled(f"  {n[:column]:<{column}}  {v:>8}") for n, v in rows),
    ]


def _list(title: str, names: Sequence[str], width: int) -> list[Line]:
    if not names:
        return []
    lines: list[Line] = [(), _styled(title, BOLD)]
    for name in names:
        lines += _item(shown(name), width)
    return lines


def _item(text: str, width: int) -> list[Line]:
    return [_styled("  " + part) for part in wrapped(text, max(8, width - 2))]
