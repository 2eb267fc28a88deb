"""Durations as people write them in policies and flags: 90s, 30m, 24h, 7d, 2w."""

from __future__ import annotations

import re

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw]?)")


def parse_duration(text: str) -> float:
    """Seconds in a duration; ValueError says what is expected. A bare 0 needs no unit."""
    match = _DURATION.fullmatch(text.strip())
    if not match or (not match[2] and float(match[1]) != 0):
        raise ValueError(f"{text!r} is no duration; write a number and s, m, h, d or w: 24h, 7d")
    return float(match[1]) * _SECONDS[match[2] or "s"]


def format_duration(seconds: float) -> str:
    """The shortest exact spelling: 86400 is 1d, 5400 is 90m."""
    for unit in ("w", "d", "h", "m"):
        if seconds and seconds % _SECONDS[unit] == 0:
            return f"{seconds / _SECONDS[unit]:g}{unit}"
    return f"{seconds:g}s" if seconds else "0"
