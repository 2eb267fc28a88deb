"""Processes that use a run, in words: what is alive there, and what could not be looked into."""

from __future__ import annotations

from ..policies.catalog.model import Catalog
from ..policies.processes.activity import Activity, Process
from .quantities import age, counted

_MOST = 3  # processes named; a run on many cards has many


def activity_lines(catalog: Catalog, now: float) -> list[str]:
    """One line a process that writes, reads or works there, then the unseen; often none."""
    activity = catalog.activity
    ordered = sorted(activity.processes, key=lambda one: (-one.written, -len(one.files), one.pid))
    saved = max((one.saved_at for one in catalog.checkpoints if one.saved_at), default=None)
    lines = [_line(one, saved, now) for one in ordered[:_MOST]]
    if len(ordered) > _MOST:
        lines.append(f"and {_processes(len(ordered) - _MOST, 'more ')}")
    return [*lines, *unseen_lines(activity)]


def unseen_lines(activity: Activity) -> list[str]:
    """What cannot be promised: one line, or none."""
    if not activity.unseen:
        return []
    return [
        f"{_processes(activity.unseen)} of other users could not be looked into: what they have "
        "open is not known"
    ]


def who(one: Process) -> str:
    """A process as a person looks for it."""
    return f"pid {one.pid} ({one.command})"


def _line(one: Process, saved: float | None, now: float) -> str:
    if one.written:
        since = "" if saved is None else f"; last save {age(now - saved)} ago"
        return f"{who(one)} has {counted(one.written, 'file')} open for writing{since}"
    if one.files:
        return f"{who(one)} has {counted(len(one.files), 'file')} open for reading"
    return f"{who(one)} works here"


def _processes(count: int, more: str = "") -> str:
    return f"{count} {more}process{'' if count == 1 else 'es'}"
