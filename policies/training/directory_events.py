"""Learn that something changed below a directory: by events where they arrive, else by asking.

Events cost nothing while nothing happens. A network mount gives none for what another machine
writes, and a system may have none left; there somebody has to look from time to time.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Mapping

from ..places import STATE_DIRECTORY

WITH_EVENTS = 30.0  # seconds between looks that no event asked for
WITHOUT_EVENTS = 2.0
_FORCE = "WATCHFILES_FORCE_POLLING"
_NETWORK = frozenset(
    (
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "lustre", "beegfs", "gpfs", "ceph", "9p", "afs",
        "glusterfs", "panfs", "pvfs2", "orangefs", "wekafs", "virtiofs", "sshfs", "davfs",
    )
)  # fmt: skip


def polls(path: str, environment: Mapping[str, str], mounts: str) -> bool:
    """Whether a directory is better asked; `mounts` is the text of /proc/self/mounts."""
    forced = environment.get(_FORCE)
    if forced:
        return forced.lower() not in ("false", "disable", "disabled", "0")
    kind = _filesystem(path, mounts)
    return kind in _NETWORK or kind.startswith("fuse")


def watch(root: str, changed: Callable[[], None], stop: threading.Event) -> float:
    """Call `changed` from a thread whenever something does; the seconds between looks besides."""
    if polls(root, os.environ, _mounts()):
        return WITHOUT_EVENTS
    thread = threading.Thread(
        target=_listen, args=(root, changed, stop), name="keepstep-events", daemon=True
    )
    thread.start()
    return WITH_EVENTS


def _listen(root: str, changed: Callable[[], None], stop: threading.Event) -> None:
    import watchfiles  # while the command starts, and only for who wants events

    logging.getLogger("watchfiles").setLevel(logging.ERROR)
    try:
        for _ in watchfiles.watch(
            root,
            watch_filter=lambda _, path: STATE_DIRECTORY not in path.split(os.sep),
            debounce=400,
            step=100,
            rust_timeout=500,
            stop_event=stop,
            raise_interrupt=False,
            ignore_permission_denied=True,
        ):
            changed()
    except Exception:  # no events left, or the directory has gone: then it is asked
        while not stop.wait(WITHOUT_EVENTS):
            changed()


def _mounts() -> str:
    try:
        with open("/proc/self/mounts", encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return ""


def _filesystem(path: str, mounts: str) -> str:
    """The type of the filesystem of the longest mount point above a path."""
    found, length = "", -1
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = fields[1].replace("\\040", " ").rstrip("/")
        if len(point) >= length and f"{path.rstrip('/')}/".startswith(f"{point}/"):
            found, length = fields[2], len(point)
    return found
