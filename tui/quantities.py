"""Sizes, ages, times and metrics in the few words that a table column takes."""

from __future__ import annotations

import time

import humanize

_AGES = ((86400 * 365, "y"), (86400, "d"), (3600, "h"), (60, "m"))
NONE = "-"


def size(count: float) -> str:
    """Bytes in decimal units, three digits at most: 3.6 GB, 464 GB."""
    text = humanize.naturalsize(count, format="%.1f")
    value, unit = text.split(" ", 1)
    if unit.startswith("Byte"):
        return f"{value} B"
    return humanize.naturalsize(count, format="%.0f") if abs(float(value)) >= 99.95 else text


def since(saved_at: float | None, now: float) -> str:
    """The age of something saved at a moment."""
    return NONE if saved_at is None else age(now - saved_at)


def age(seconds: float) -> str:
    """How long ago, in the largest whole unit: 40 s, 5 m, 2 d."""
    for length, unit in _AGES:
        if seconds >= length:
            return f"{seconds // length:.0f} {unit}"
    return f"{max(0, seconds):.0f} s"


def moment(seconds: float) -> str:
    """A time in the zone of this machine."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds)) if seconds else NONE


def figure(value: float | None) -> str:
    """A metric or an epoch with four significant digits."""
    return NONE if value is None else f"{value:.4g}"


def whole(value: int | None) -> str:
    """A step or a tier."""
    return NONE if value is None else str(value)


def items(checkpoints: int, files: int, slimmed: int = 0) -> str:
    """What a commit moves: 129 checkpoints, the optimizer state of 17 and 12 files."""
    parts = [counted(checkpoints, "checkpoint")] if checkpoints else []
    if slimmed:
        of = str(slimmed) if parts else counted(slimmed, "checkpoint")
        parts.append(f"the optimizer state of {of}")
    if files:
        parts.append(counted(files, "file"))
    if not parts:
        return counted(0, "checkpoint")
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def with_files(checkpoints: int, files: int) -> str:
    """The same where the noun is clear: 129, or 129 and 12 files."""
    return f"{checkpoints} and {counted(files, 'file')}" if files else str(checkpoints)


def counted(count: int, what: str) -> str:
    """A number with its noun: 1 checkpoint, 129 checkpoints, 2 series."""
    return f"{count} {what}" if count == 1 or what.endswith("s") else f"{count} {what}s"
