"""The process table of this host, as a scan asks it.

On Linux `/proc` is read directly, which takes a tenth of psutil's import; psutil serves the other
systems. Processes in a container have other process numbers and are not seen from inside another.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from .activity import Activity

ProcessTable = Callable[[str], Activity]  # of an absolute root, without symbolic links
PROC = "/proc"


def host_processes(root: str) -> Activity:
    """Who uses the root now; whoever cannot be looked into is counted."""
    if os.path.isdir(f"{PROC}/self/fd"):
        from .linux import activity_below
    else:
        from .portable import activity_below
    return activity_below(root)
