"""Dates in names, `2025-11-11` or `20251111_120000`; as one integer they keep their order."""

from __future__ import annotations

import re
from datetime import date

from ..patterns import pattern

_DAY = r"(?:19|20)[0-9][0-9](?P<mark>[-_.]?)(?:0[1-9]|1[0-2])(?P=mark)(?:0[1-9]|[12][0-9]|3[01])"
_TIME = r"(?:[01][0-9]|2[0-3])[-_:.]?[0-5][0-9](?:[-_:.]?[0-5][0-9])?"
DATE = rf"(?<![0-9]){_DAY}(?:[-_T +]{_TIME})?(?![0-9])"
_WHOLE = pattern(rf"{DATE}Z?")


def date_number(text: str) -> int | None:
    """20251111 or 20251111120000; None for what is no date."""
    if not _WHOLE.fullmatch(text):
        return None
    digits = re.sub(r"[^0-9]", "", text)
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None
    return int(digits)
