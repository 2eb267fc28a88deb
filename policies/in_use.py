"""Which checkpoints and files processes of this host have open: what may not move under them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .catalog.model import Catalog
from .processes.activity import Activity, Process

Users = Mapping[str, tuple[Process, ...]]  # by path, of what is open and every folder above it


def users_of(activity: Activity) -> Users:
    """Every path that is open, or holds something open, with the processes; "" aside."""
    found: dict[str, dict[int, Process]] = {}
    for process in activity.processes:
        for path in process.paths:
            while path and process.pid not in found.setdefault(path, {}):
                found[path][process.pid] = process
                path = path.rpartition("/")[0]
    return {path: tuple(processes.values()) for path, processes in found.items()}


def checkpoints_in_use(catalog: Catalog) -> Iterable[tuple[int, tuple[Process, ...]]]:
    """Places in the catalog, with the processes that have a member open or work in it."""
    users = users_of(catalog.activity)
    if not users:
        return
    for place, one in enumerate(catalog.checkpoints):
        processes = {
            process.pid: process for member in one.members for process in users.get(member.path, ())
        }
        if processes:
            yield place, tuple(processes.values())


def open_facts(processes: tuple[Process, ...]) -> dict[str, object]:
    """What `explain.py` needs to word it."""
    first = processes[0]
    return {"pid": first.pid, "command": first.command, "others": len(processes) - 1}
