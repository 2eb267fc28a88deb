"""A catalog as text: a table for each series, then artifacts and what was not recognised."""

from __future__ import annotations

from collections.abc import Iterator

from ..policies.catalog.model import Catalog, Checkpoint, Series, State
from ..policies.catalog.weights_only import NOT_RESUMABLE
from .activity_text import activity_lines
from .output import shown
from .quantities import counted, figure, since, size, whole
from .role_text import optimizer_state_line
from .tables import Column, table

VERIFIED = {"contents": "verified", "structure": "verified, structure only"}
_MOST_METRICS = 3  # on a terminal; piped, there are as many as were found
_MOST_NAMES = 20  # likewise


def scan_page(catalog: Catalog, *, now: float, width: int | None) -> str:
    """Everything a scan found; `width` None: nothing is cut."""
    parts = [_series_part(one, catalog, now, width) for one in catalog.series]
    if catalog.artifacts:
        parts.append(_artifacts(catalog, width))
    if catalog.unrecognised:
        parts.append(_unrecognised(catalog, width))
    if alive := activity_lines(catalog, now):
        parts.append("\n".join(shown(line) for line in alive))
    return "\n\n".join([*parts, _totals(catalog)])


def _series_part(series: Series, catalog: Catalog, now: float, width: int | None) -> str:
    items = [one for one in catalog.checkpoints if one.series == series.id]
    number = counted(len(items), "checkpoint")
    parts = [series.layout, number, optimizer_state_line(items)]
    about = ", ".join(part for part in parts if part)
    return f"{shown(series.id)}  ({about})\n" + _table(items, catalog, now, width)


def _table(items: list[Checkpoint], catalog: Catalog, now: float, width: int | None) -> str:
    metrics = sorted({name for one in items for name in one.metrics})
    if width is not None:
        metrics = metrics[:_MOST_METRICS]
    columns = (
        Column("CHECKPOINT"),
        Column("STEP", right=True),
        Column("EPOCH", right=True),
        Column("SIZE", right=True),
        *(Column(shown(name).upper(), right=True) for name in metrics),
        Column("AGE", right=True),
        Column("STATE"),
        Column("NOTES", flexible=True),
    )
    rows = [
        [one.id, whole(one.step), figure(one.epoch), size(one.disk)]
        + [figure(one.metrics.get(name)) for name in metrics]
        + [since(one.saved_at, now), one.state.value, "; ".join(_notes(one, catalog))]
        for one in items
    ]
    return table(columns, rows, width)


def _notes(one: Checkpoint, catalog: Catalog) -> Iterator[str]:
    if one.id in catalog.pins:
        note = catalog.pins[one.id].note
        yield f"pinned: {note}" if note else "pinned"
    if one.pointed_to_by:
        yield f"target of {' and '.join(one.pointed_to_by)}"
    if one.state is not State.COMPLETE and one.evidence:
        yield one.evidence
    elif one.verified:
        yield VERIFIED[one.verified]
    if one.weights_only:
        yield NOT_RESUMABLE


def _artifacts(catalog: Catalog, width: int | None) -> str:
    columns = (
        Column("ARTIFACT"),
        Column("CLASS"),
        Column("SIZE", right=True),
        Column("DELETING IT"),
        Column("WHY", flexible=True),
    )
    rows = [
        [one.path, one.kind, size(one.bytes), one.consequence.value, one.why]
        for one in catalog.artifacts
    ]
    return table(columns, rows, width)


def _unrecognised(catalog: Catalog, width: int | None) -> str:
    names = catalog.unrecognised if width is None else catalog.unrecognised[:_MOST_NAMES]
    lines = ["NOT RECOGNISED, AND KEPT", *(shown(name) for name in names)]
    if len(names) < len(catalog.unrecognised):
        lines.append(f"and {len(catalog.unrecognised) - len(names)} more; --json lists them all")
    return "\n".join(lines)


def _totals(catalog: Catalog) -> str:
    if not catalog.checkpoints:
        return shown(f"no checkpoints in {catalog.root}")
    disk = sum(one.disk for one in catalog.checkpoints)
    apparent = sum(one.apparent for one in catalog.checkpoints)
    sparse = f" (apparent: {size(apparent)}; the files are sparse)" if apparent > 2 * disk else ""
    number = counted(len(catalog.checkpoints), "checkpoint")
    return f"{number} in {counted(len(catalog.series), 'series')} · {size(disk)} on disk{sparse}"
