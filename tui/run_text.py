"""What `keepstep run` says while a command trains, and at its end: in words and as JSON."""

from __future__ import annotations

import math

from ..policies.catalog.model import Checkpoint, State
from ..policies.json_text import Document, number
from ..policies.rules.best import BestRule
from ..policies.training.saves import Outcome
from ..policies.training.supervise import Event, Report, Stopping, Supervision
from ..policies.units import format_duration
from .output import shown
from .quantities import counted, figure, size

VERSION = 1
_MOST_NAMES = 3


def event_lines(event: Event) -> list[str]:
    """What happened just now, a line for each thing."""
    if isinstance(event, Stopping):
        return [_stopping(event)]
    return _outcome_lines(event)


def _outcome_lines(outcome: Outcome) -> list[str]:
    parts = []
    if outcome.saved:
        parts.append(f"saved {_names(outcome.saved)} (keeping {outcome.kept})")
    if outcome.trashed:
        parts.append(f"trashed {_names(outcome.trashed)}, {size(outcome.trashed_bytes)}")
    if outcome.purged:
        commits = counted(len(outcome.purged), "commit")
        parts.append(f"purged {commits} from the trash, {size(outcome.purged_bytes)}")
    lines = [" · ".join(parts)] if parts else []
    lines += [f"left {shown(one.id)} alone: {one.why}" for one in outcome.skipped]
    notes = (*outcome.notes, *outcome.tightened, *outcome.errors)
    return lines + [shown(f"note: {one}") for one in notes]


def _stopping(event: Stopping) -> str:
    if not event.first:
        return f"it has not ended: sent {event.signal}"
    patience, progress = event.patience, event.progress
    return (
        f"stopping: {patience.metric} has not improved for "
        f"{counted(progress.waited, 'evaluation')}; best {_value(progress.best)} at "
        f"evaluation {progress.best_at}, last {_value(progress.last)}; sent {event.signal}"
    )


def summary_lines(report: Report, asked: Supervision) -> list[str]:
    """How it went: best, last, kept and freed."""
    how = "stopped early" if report.stopped_early else f"ended with code {report.code}"
    lines = [
        f"{how} after {format_duration(round(report.seconds))}: "
        f"{counted(report.saves, 'checkpoint')} saved, {report.last.kept} kept, "
        f"{report.trashed} trashed ({size(report.trashed_bytes)}), "
        f"{size(report.purged_bytes)} freed"
    ]
    best = best_checkpoint(report, asked)
    if best is not None and asked.metric:
        lines.append(f"best {shown(best.id)}, {asked.metric} {_value(best.metrics[asked.metric])}")
    elif report.progress.best is not None:
        place = f"evaluation {report.progress.best_at}"
        lines.append(f"best {asked.metric} {_value(report.progress.best)} at {place}")
    if report.last.newest:
        lines.append(f"last {shown(report.last.newest)}")
    lines += [
        f"{shown(one)} may be half written: the command ended while it was being saved"
        for one in report.torn
    ]
    return lines


def summary_document(report: Report, asked: Supervision, command: list[str]) -> Document:
    """The same for scripts."""
    best = best_checkpoint(report, asked)
    return {
        "format": "keepstep/run",
        "version": VERSION,
        "root": asked.root,
        "command": command,
        "policy": asked.policy.document(),
        "exit_code": report.code,
        "stopped_early": report.stopped_early,
        "signals": list(report.signals),
        "seconds": round(report.seconds, 1),
        "saved": report.saves,
        "kept": report.last.kept,
        "trashed": list(report.last.trashed),
        "trashed_bytes": report.trashed_bytes,
        "freed_bytes": report.purged_bytes,
        "last": report.last.newest or None,
        "best": {
            "checkpoint": best.id if best else None,
            "metric": asked.metric,
            "value": number(_best_value(report, asked, best)),
            "evaluation": report.progress.best_at or None,
        },
        "evaluations": report.progress.evaluations,
        "half_written": list(report.torn),
        "errors": list(report.errors),
    }


def best_checkpoint(report: Report, asked: Supervision) -> Checkpoint | None:
    """The best that is there, by the metric that was named."""
    catalog, metric = report.last.catalog, asked.metric
    mode = _mode(asked)
    if catalog is None or metric is None or mode is None:
        return None
    gone = set(report.last.trashed)
    there = [
        one for one in catalog.checkpoints if one.state is State.COMPLETE and one.id not in gone
    ]
    place = BestRule(metric, mode).best_of(there)
    return None if place is None else there[place]


def _best_value(report: Report, asked: Supervision, best: Checkpoint | None) -> float | None:
    if best is not None and asked.metric:
        return best.metrics[asked.metric]
    return report.progress.best


def _mode(asked: Supervision) -> str | None:
    if asked.patience is not None:
        return asked.patience.mode
    return next((mode for name, mode in asked.policy.metrics() if name == asked.metric), None)


def _names(ids: tuple[str, ...]) -> str:
    names = ", ".join(shown(one) for one in ids[:_MOST_NAMES])
    more = len(ids) - _MOST_NAMES
    return f"{names} and {more} more" if more > 0 else names


def _value(value: float | None) -> str:
    return "unknown" if value is None or math.isnan(value) else figure(value)
