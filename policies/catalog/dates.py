"""Dates in names, `2025-11-11` or `20251111_120000`; as one integer they keep their order."""

from __future__ import annotations

import re
from datetime import date

_DAY = r"(?:19|20)\d\d(?P<mark>[-_.]?)(?:0[1-9]|1[0-2])(?P=mark)(?:0[1-9]|[12]\d|3[01])"
_TIME = r"(?:[01]\d|2[0-3])[-_:.]?[0-5]\d(?:[-_:.]?[0-5]\d)?"
DATE = rf"(?<!\d){_DAY}(?:[-_T ]{_TIME})?(?!\d)"
_WHOLE = re.compile(rf"{DATE}Z?")


def date_number(text: str) -> int | None:
    """20251111 or 20251111120000; None for what is no date."""
    if not _WHOLE.fullmatch(text):
        return None
    digits = re.sub(r"\D", "", text)
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None
    return int(digits)
