"""JSON as scripts get it: stable order, absent numbers null, NaN and infinities as strings."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

Document = dict[str, Any]


def number(value: float | None) -> float | int | str | None:
    """A number that JSON can hold; "nan", "inf" and "-inf" where it cannot."""
    if value is None or isinstance(value, int):
        return value
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def instant(seconds: float | None) -> str | None:
    """Seconds since the epoch as ISO 8601 in UTC, to the second."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def dumps(document: Document) -> str:
    """The text of a document; names that are no valid UTF-8 survive as escapes."""
    return json.dumps(document, indent=2, allow_nan=False)


def canonical(document: Document) -> bytes:
    """One spelling of a document, for hashing."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
