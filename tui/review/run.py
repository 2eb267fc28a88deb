"""Opens the review. The scan starts before Textual is imported, so that rows are there first."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from ...policies.commit.safety import refuse_root
from ...policies.rules.policy import Policy
from .feed import Feed, scanner


def run_review(
    root: str,
    *,
    policy: Policy | None,
    apparent: bool = False,
    read_only: bool = False,
    now: Callable[[], float] = time.time,
) -> int:
    """Review a directory until its user leaves; the exit code. RootRefusal for a bad root."""
    refuse_root(root)
    root = os.path.realpath(root)
    scan = scanner(root)
    feed = Feed(scan).start()

    from .app import ReviewApp
    from .disk import LocalDisk
    from .glyphs import glyphs_for_locale
    from .model import ReviewModel

    model = ReviewModel(root, policy, now=now, apparent=apparent, read_only=read_only)
    app = ReviewApp(
        model,
        feed=feed,
        rescan=lambda: Feed(scan).start(),
        disk=LocalDisk(),
        glyphs=glyphs_for_locale(),
        title=_short(root),
    )
    return app.run() or 0


def _short(root: str) -> str:
    """The root with ~ for the home directory."""
    home = os.path.expanduser("~")
    return "~" + root[len(home) :] if root.startswith(home + os.sep) else root
