"""Names of commits: the time in UTC and four random digits, ordered as they happened."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

_DIGITS = 16**4


def new_commit_id(now: float, taken: Sequence[str]) -> str:
    """`YYYYMMDD-HHMMSS-xxxx`; within one second above those taken, so that names sort by age."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now))
    same_second = [id_ for id_ in taken if id_.startswith(stamp + "-")]
    lowest = max((int(id_[len(stamp) + 1 :], 16) + 1 for id_ in same_second), default=0)
    # Half of the range above, so that a burst of commits in one second finds room.
    spread = max(1, (_DIGITS - lowest) // 2)
    chance = int.from_bytes(os.urandom(4))  # as `secrets` does, which takes long to import
    return f"{stamp}-{lowest + chance % spread:04x}"
