"""Who uses a directory, by Linux's /proc: open files, memory maps and working directories.

A memory map counts like an open file: safetensors keeps no descriptor. A process in another mount
namespace (a container) calls the directory by another path, which is found by device and inode.
Only links are read, never the files; a process may end at any moment, and is then passed over.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator

from ..patterns import pattern
from ..places import STATE_DIRECTORY
from .activity import Activity, OpenFile, Process
from .commands import is_keepstep, is_shell, named
from .table import PROC

_MOST_LINKS = 200_000  # of all processes together, about a quarter of a second; then it is enough
_GONE = " (deleted)"
_MAP = pattern(rb"[0-9a-f]+-[0-9a-f]+ (\S{4}) \S+ \S+ \d+ +(/.*)")
Inside = Callable[[str], str | None]  # a path -> relative to the root, None when not below it


def activity_below(root: str) -> Activity:
    """The processes that use the root, but for this one and other commands of keepstep."""
    return _Look(root).activity()


class _Look:
    """One look at all processes."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._links = 0
        self._foreign: dict[str, dict[str, str | None]] = {}  # folders, by mount namespace
        self._namespace = _link("self/ns/mnt")

    def activity(self) -> Activity:
        found: list[Process] = []
        unseen = 0
        own = os.getpid()
        for pid in sorted(int(name) for name in os.listdir(PROC) if name.isdigit()):
            if pid == own:
                continue
            if self._links > _MOST_LINKS:
                unseen += _is_program(pid)
                continue
            try:
                process = self._process(pid)
            except PermissionError:
                unseen += _is_program(pid)
            except OSError:
                pass  # it has ended
            else:
                found += [process] if process else []
        return Activity(tuple(found), unseen)

    def _process(self, pid: int) -> Process | None:
        """What a process does below the root; None when nothing, or when it is one of ours."""
        inside = self._inside(pid)
        files: dict[str, bool] = {}
        for path, writing in (*self._mapped(pid, inside), *self._opened(pid, inside)):
            files[path] = files.get(path, False) or writing
        folder = inside(_link(f"{pid}/cwd"))
        if not files and folder is None:
            return None
        argv = _argv(pid)
        if is_keepstep(argv):
            return None
        if not files and folder == "" and is_shell(argv):
            return None  # a person sits there, perhaps the one who asks
        opened = tuple(OpenFile(path, writing) for path, writing in sorted(files.items()))
        return Process(pid, named(argv, _name(pid)), opened, folder)

    def _opened(self, pid: int, inside: Inside) -> Iterator[tuple[str, bool]]:
        """Descriptors below the root, and whether they may write."""
        for descriptor in os.listdir(f"{PROC}/{pid}/fd"):
            self._links += 1
            try:
                path = inside(os.readlink(f"{PROC}/{pid}/fd/{descriptor}"))
                if path:  # the root itself is nobody's checkpoint
                    yield path, _may_write(pid, descriptor)
            except FileNotFoundError:
                continue  # closed meanwhile

    def _mapped(self, pid: int, inside: Inside) -> Iterator[tuple[str, bool]]:
        """Memory maps of files below the root, and whether they write through."""
        with open(f"{PROC}/{pid}/maps", "rb") as file:
            content = file.read()
        if inside == self._at_home and os.fsencode(self._root) not in content:
            return  # a quick way to know: maps are long
        for line in content.splitlines():
            match = _MAP.match(line)
            path = inside(_unescaped(match[2])) if match else None
            if match and path:
                yield path, match[1][1:2] == b"w" and match[1][3:4] == b"s"

    def _inside(self, pid: int) -> Inside:
        namespace = _link(f"{pid}/ns/mnt")
        if namespace == self._namespace:
            return self._at_home
        known = self._foreign.setdefault(namespace, {"": None, "/": None})
        return _by_inode(self._root, f"{PROC}/{pid}/root", known)

    def _at_home(self, path: str) -> str | None:
        if path == self._root:
            return ""
        if not path.startswith(self._root + "/"):
            return None
        return _counted(path[len(self._root) + 1 :])


def _counted(relative: str) -> str | None:
    """A path below the root, unless it is deleted or our own."""
    ours = STATE_DIRECTORY in relative.split("/")
    return None if ours or relative.endswith(_GONE) else relative


def _by_inode(root: str, seen_from: str, known: dict[str, str | None]) -> Inside:
    """Paths as another mount namespace calls them: the folder above that *is* the root decides."""
    wanted = os.stat(root)

    def below(folder: str) -> str | None:
        if folder in known:
            return known[folder]
        same = None
        try:
            status = os.stat(seen_from + folder)
            same = (status.st_dev, status.st_ino) == (wanted.st_dev, wanted.st_ino)
        except OSError:
            pass  # deleted, or the process has ended: not remembered, the next one is asked again
        above = None if same else below(os.path.dirname(folder))
        name = os.path.basename(folder)
        found = "" if same else None if above is None else f"{above}/{name}".lstrip("/")
        if same is not None:
            known[folder] = found
        return found

    def inside(path: str) -> str | None:
        if not path.startswith("/"):
            return None  # a pipe, a socket
        relative = below(path)
        return relative if not relative else _counted(relative)

    return inside


def _link(name: str) -> str:
    return os.readlink(f"{PROC}/{name}")


def _may_write(pid: int, descriptor: str) -> bool:
    with open(f"{PROC}/{pid}/fdinfo/{descriptor}", "rb") as file:
        found = re.search(rb"flags:\s*([0-7]+)", file.read())
    return found is not None and int(found[1], 8) & os.O_ACCMODE != os.O_RDONLY


def _argv(pid: int) -> list[str]:
    with open(f"{PROC}/{pid}/cmdline", "rb") as file:
        return os.fsdecode(file.read()).rstrip("\0").split("\0")


def _name(pid: int) -> str:
    with open(f"{PROC}/{pid}/comm", "rb") as file:
        return os.fsdecode(file.read()).strip()


def _is_program(pid: int) -> bool:
    """Whether it can have files open at all: the kernel's own threads have no command line."""
    try:
        return _argv(pid) != [""]
    except OSError:
        return False


def _unescaped(path: bytes) -> str:
    return os.fsdecode(path.replace(b"\\012", b"\n"))
