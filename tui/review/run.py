"""Opens the review. The scan starts before anything dear is imported: its rows are there first."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ...policies.commit.safety import refuse_root
from ..put_right import put_right, waiting
from ..settings import load_settings, settings_file
from .child_scan import scan_in_child
from .feed import Feed, Scanner, scanner

if TYPE_CHECKING:
    from ...policies.rules.policy import Policy
    from .app import ReviewApp

_FRAMES_OVER_SSH = "15"  # a second; a burst of keys is then drawn once, not key by key


def run_review(
    root: str,
    *,
    choose: Callable[[], Policy | None],
    apparent: bool = False,
    read_only: bool = False,
    now: Callable[[], float] = time.time,
) -> int:
    """Review a directory until its user leaves; the exit code. RootRefusal for a bad root.

    `choose` is asked for the policy once the scan runs; what it refuses ends both.
    """
    refuse_root(root)
    root = os.path.realpath(root)
    found = (waiting if read_only else put_right)(root)  # before the scan looks at it
    feed = Feed(_first_scan(root, remember=not read_only))
    gc.disable()  # what is imported is there to stay
    try:
        app = _app(root, choose, feed, apparent, read_only, now, found)
        gc.freeze()
    except BaseException:
        feed.cancel()
        feed.start().join()
        raise
    finally:
        gc.enable()
    return app.run() or 0


def _app(
    root: str,
    choose: Callable[[], Policy | None],
    feed: Feed,
    apparent: bool,
    read_only: bool,
    now: Callable[[], float],
    found: tuple[str, ...],
) -> ReviewApp:
    settings = load_settings(settings_file())
    policy = choose()
    if "SSH_CONNECTION" in os.environ:
        os.environ.setdefault("TEXTUAL_FPS", _FRAMES_OVER_SSH)  # read when Textual is imported
    from .app import review_of
    from .remapped import keymap_of
    from .remembered import Memory, memory_directory
    from .styles import theme_of
    from .watch import Watch

    return review_of(
        root,
        policy,
        now=now,
        feed=feed.start(),  # its thread would take turns with the imports
        title=_short(root),
        apparent=apparent,
        read_only=read_only,
        memory=Memory(root, policy, memory_directory()),
        watch=Watch(),
        keymap=keymap_of(settings),
        colours=theme_of(settings.theme, os.environ),
        found=found,
    )


def _first_scan(root: str, *, remember: bool) -> Scanner:
    try:
        return scan_in_child(root, remember=remember)
    except OSError:  # no process to be had; a thread does as well, only later
        return scanner(root)


def _short(root: str) -> str:
    """The root with ~ for the home directory."""
    home = os.path.expanduser("~")
    return "~" + root[len(home) :] if root.startswith(home + os.sep) else root
