"""Durations, sizes and shares as people write them: 24h, 7d · 500GB, 1.5TiB · 10%."""

from __future__ import annotations

import re

from .late_dataclass import dataclass
from .patterns import pattern

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DURATION = pattern(r"(\d+(?:\.\d+)?)\s*([smhdw]?)")
_PREFIXES = ("k", "M", "G", "T", "P")
_BYTES: dict[str, int] = {
    "B": 1,
    **{f"{prefix}B": 1000**i for i, prefix in enumerate(_PREFIXES, start=1)},
    **{f"{prefix.upper()}iB": 1024**i for i, prefix in enumerate(_PREFIXES, start=1)},
}
_SPELLED = {unit.lower(): unit for unit in _BYTES}
_SIZE = pattern(r"(\d+(?:\.\d+)?)\s*([a-z]+)", re.IGNORECASE)
_SHARE = pattern(r"(\d+(?:\.\d+)?)\s*%")


def parse_duration(text: str) -> float:
    """Seconds in a duration; ValueError says what is expected. A bare 0 needs no unit."""
    match = _DURATION.fullmatch(text.strip())
    if not match or (not match[2] and float(match[1]) != 0):
        raise ValueError(f"{text!r} is no duration; write a number and s, m, h, d or w: 24h, 7d")
    return float(match[1]) * _SECONDS[match[2] or "s"]


def format_duration(seconds: float) -> str:
    """The shortest exact spelling: 86400 is 1d, 5400 is 90m."""
    for unit in ("d", "h", "m"):
        if seconds and seconds % _SECONDS[unit] == 0:
            return f"{_exact(seconds / _SECONDS[unit])}{unit}"
    return f"{_exact(seconds)}s" if seconds else "0"


def parse_size(text: str) -> int:
    """Bytes in a size; ValueError says what is expected. 1 GB is 1000 MB, 1 GiB is 1024 MiB."""
    match = _SIZE.fullmatch(text.strip())
    if not match or match[2].lower() not in _SPELLED:
        raise ValueError(
            f"{text!r} is no size; write a number and B, kB, MB, GB, TB or KiB, MiB, GiB, TiB, "
            "such as 500GB"
        )
    unit = _BYTES[_SPELLED[match[2].lower()]]
    return int(match[1]) * unit if match[1].isdecimal() else round(float(match[1]) * unit)


def format_size(size: int) -> str:
    """The shortest exact spelling: 500000000000 is 500GB, 1073741824 is 1GiB."""
    for unit in sorted(_BYTES, key=lambda unit: -_BYTES[unit]):
        if size and size % _BYTES[unit] == 0:
            return f"{size // _BYTES[unit]}{unit}"
    return "0B"


def rounded_size(size: float) -> str:
    """A size to three figures, for a sentence: 464 GB."""
    for i in range(len(_PREFIXES), 0, -1):
        if size >= 1000**i:
            value = size / 1000**i
            return f"{value:.{max(0, 3 - len(str(int(value))))}f} {_PREFIXES[i - 1]}B"
    return f"{size:.0f} B"


@dataclass(frozen=True, slots=True)
class FreeSpace:
    """How much of a disk should stay free: a share of it, or bytes."""

    share: float | None = None  # of 1
    size: int = 0

    @classmethod
    def parse(cls, text: str) -> FreeSpace:
        """From 10% or 50GB; ValueError says what is expected."""
        match = _SHARE.fullmatch(text.strip())
        if match and float(match[1]) <= 100:
            return cls(share=float(match[1]) / 100)
        try:
            return cls(size=parse_size(text))
        except ValueError:
            raise ValueError(
                f"{text!r} is no free space; write a share up to 100% or a size: 10%, 50GB"
            ) from None

    def __str__(self) -> str:
        return format_size(self.size) if self.share is None else f"{_exact(self.share * 100)}%"

    def of(self, disk: int) -> int:
        """Bytes that should be free on a disk of so many bytes."""
        return self.size if self.share is None else round(self.share * disk)


def _exact(value: float) -> str:
    short = f"{value:.12g}"
    return short if "e" not in short else f"{value:.0f}"
