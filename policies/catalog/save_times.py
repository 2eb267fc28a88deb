"""What a save time can tell: when it is too old to be true, and what "clearly later" means."""

from __future__ import annotations

PLAUSIBLE_SINCE = 946_684_800.0  # 2000-01-01: file systems that know no times say 1970
RESTART_MARGIN = 60.0  # seconds; saves of one run that are reordered by a copy stay below, mostly
