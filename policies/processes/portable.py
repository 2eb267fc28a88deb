"""Who uses a directory, by psutil, where there is no /proc: open files and working directories.

Memory maps count where the system tells them; macOS does not.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import psutil

from ..places import STATE_DIRECTORY
from .activity import Activity, OpenFile, Process
from .commands import is_keepstep, is_shell, named


def activity_below(root: str) -> Activity:
    """The processes that use the root, but for this one and other commands of keepstep."""
    found: list[Process] = []
    unseen = 0
    for one in psutil.process_iter():
        if one.pid == os.getpid():
            continue
        try:
            process = _process(one, root)
        except psutil.AccessDenied:
            unseen += 1
        except (psutil.Error, OSError):
            continue  # it has ended
        else:
            found += [process] if process else []
    return Activity(tuple(sorted(found, key=lambda each: each.pid)), unseen)


def _process(one: psutil.Process, root: str) -> Process | None:
    files: dict[str, bool] = {}
    for path, writing in (*_mapped(one), *_opened(one)):
        relative = _inside(path, root)
        if relative:
            files[relative] = files.get(relative, False) or writing
    folder = _inside(one.cwd(), root)
    if not files and folder is None:
        return None
    argv = one.cmdline()
    if is_keepstep(argv) or (not files and folder == "" and is_shell(argv)):
        return None
    opened = tuple(OpenFile(path, writing) for path, writing in sorted(files.items()))
    return Process(one.pid, named(argv, one.name()), opened, folder)


def _opened(one: psutil.Process) -> Iterator[tuple[str, bool]]:
    for file in one.open_files():
        # Linux and Windows tell the mode; where it is not told a file may be written.
        yield file.path, getattr(file, "mode", "r+") != "r"


def _mapped(one: psutil.Process) -> Iterator[tuple[str, bool]]:
    if hasattr(one, "memory_maps"):
        for region in one.memory_maps():
            yield region.path, False


def _inside(path: str, root: str) -> str | None:
    if path == root:
        return ""
    if not path.startswith(root + "/"):
        return None
    relative = path[len(root) + 1 :]
    return None if STATE_DIRECTORY in relative.split("/") else relative
