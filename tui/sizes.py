"""Sizes as options take them: --free 500GB, --size 3.6GB."""

from __future__ import annotations

from ..policies.refusal import Refusal
from ..policies.units import parse_size


def bytes_of(text: str, option: str) -> int:
    """Bytes, more than none; the refusal names the option."""
    try:
        size = parse_size(text)
    except ValueError as error:
        raise Refusal(f"{option}: {error}") from None
    if not size:
        raise Refusal(f"{option}: must be more than nothing")
    return size
