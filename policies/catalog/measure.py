"""Size one checkpoint and take its fingerprint, in one walk and with sums, not records, per file.

The fingerprint covers name, kind, device, inode, size and mtime of every file; a commit takes it
again and acts only when it is the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from .model import Kind, Measure, Member, Role, SharedInode
from .resume_state import ResumeSearch
from .tree import Stat, Tree


def measure(tree: Tree, members: Iterable[Member]) -> Measure:
    """Walk all members; what cannot be read is listed in `errors`, never skipped silently."""
    sums = _Sums(tree)
    for member in members:
        start = len(member.path) + 1
        for path, found in tree.walk(member.path):
            if isinstance(found, OSError):
                sums.errors.append(f"{path}: {found.strerror or found}")
            else:
                sums.add(path, path[start:], found)
    return sums.total()


def measure_file(path: str, found: Stat) -> Measure:
    """The same for one regular file that has been looked at already."""
    shared = SharedInode(found.device, found.inode, found.links, 1, found.disk)
    return Measure(
        disk=found.disk,
        apparent=found.size,
        files=1,
        newest_mtime_ns=found.mtime_ns,
        identity=hashlib.blake2b(_bytes(_fingerprint(path, found)), digest_size=16).hexdigest(),
        shared=(shared,) if found.links > 1 else (),
    )


def _fingerprint(path: str, found: Stat) -> str:
    times = "" if found.kind is Kind.DIRECTORY else f"{found.size}\0{found.mtime_ns}"
    return f"{path}\0{found.kind}\0{found.device}\0{found.inode}\0{times}"


def _bytes(line: str) -> bytes:
    return line.encode("utf-8", "surrogateescape") + b"\n"


class _Sums:
    """Running sums of one checkpoint."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._digest = hashlib.blake2b(digest_size=16)
        self._disk = self._apparent = self._files = self._newest = 0
        self._shared: dict[tuple[int, int], tuple[Stat, int]] = {}
        self._roles: dict[Role, int] = {}
        self._resume = ResumeSearch()
        self._links: list[tuple[str, str]] = []
        self.errors: list[str] = []

    def add(self, path: str, inside: str, found: Stat) -> None:
        self._fingerprint(path, found)
        role = self._resume.look(path, inside, found)
        if found.kind is Kind.DIRECTORY:
            self._disk += found.disk
            return
        self._newest = max(self._newest, found.mtime_ns)
        self._files += 1
        key = (found.device, found.inode)
        if found.links > 1 and key in self._shared:
            self._shared[key] = (found, self._shared[key][1] + 1)
            return
        if found.links > 1:
            self._shared[key] = (found, 1)
        self._disk += found.disk
        self._apparent += found.size
        self._roles[role] = self._roles.get(role, 0) + found.size

    def _fingerprint(self, path: str, found: Stat) -> None:
        line = _fingerprint(path, found)
        if found.kind is Kind.LINK:
            try:
                text = self._tree.link(path)
                line += "\0" + text
                self._links.append((path, text))
            except OSError as error:
                self.errors.append(f"{path}: {error.strerror or error}")
        self._digest.update(_bytes(line))

    def total(self) -> Measure:
        roles = sorted(self._roles.items(), key=lambda item: (-item[1], item[0]))
        return Measure(
            disk=self._disk,
            apparent=self._apparent,
            files=self._files,
            newest_mtime_ns=self._newest,
            identity=self._digest.hexdigest(),
            shared=tuple(
                SharedInode(found.device, found.inode, found.links, seen, found.disk)
                for found, seen in self._shared.values()
            ),
            roles=tuple(roles),
            errors=tuple(self.errors),
            resume=self._resume.result(),
            links=tuple(self._links),
        )
