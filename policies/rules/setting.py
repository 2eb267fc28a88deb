"""What a rule may know besides the checkpoints of its series; given to it, never looked up.

The time of the plan serves only to tell that a save time cannot be true; no rule counts from it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ..catalog.model import Checkpoint, MetricLog, no_log

LocalTime = Callable[[float], datetime]

PLAUSIBLE_SINCE = 946_684_800.0  # 2000-01-01: file systems that know no times say 1970
_AHEAD = 86_400.0  # seconds: clocks of other machines, and times copied without their zone


def utc(seconds: float) -> datetime:
    """A time in UTC: what is "local" where nothing else is said."""
    return datetime.fromtimestamp(seconds, UTC)


def machine_time(seconds: float) -> datetime:
    """A time in the zone of this machine, as it was then."""
    return utc(seconds).astimezone()


@dataclass(frozen=True, slots=True)
class Setting:
    """One series, the log of its metrics, and how to read times."""

    series: str = ""
    metric_log: MetricLog = field(default_factory=no_log)
    local_time: LocalTime = utc
    now: float = math.inf

    def save_time(self, one: Checkpoint) -> float | None:
        """When it was saved; None where the file system says what cannot be true."""
        saved = one.saved_at
        if saved is None or not PLAUSIBLE_SINCE <= saved <= self.now + _AHEAD:
            return None
        return saved


NOWHERE = Setting()
