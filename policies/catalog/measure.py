"""Size one checkpoint and take its fingerprint, with sums, not records, per file.

The fingerprint covers name, kind, device, inode, size and mtime of every file; a commit takes it
again and acts only when it is the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from .listing import Listing, Stat, directories_in, files_in, rows
from .model import Kind, Measure, Member, Role, SharedInode
from .roles import role_of
from .tree import Tree


def measure(tree: Tree, members: Iterable[Member]) -> Measure:
    """Look at all members; what cannot be read is listed in `errors`, never skipped silently."""
    sums = _Sums(tree)
    for member in members:
        sums.add_member(member.path)
    return sums.total()


def measure_file(path: str, found: Stat) -> Measure:
    """The same for one regular file that has been looked at already."""
    shared = SharedInode(found.device, found.inode, found.links, 1, found.disk)
    return Measure(
        disk=found.disk,
        apparent=found.size,
        files=1,
        newest_mtime_ns=found.mtime_ns,
        identity=hashlib.blake2b(_fingerprint(path, found), digest_size=16).hexdigest(),
        shared=(shared,) if found.links > 1 else (),
    )


def _fingerprint(path: str, found: Stat) -> bytes:
    times = "" if found.kind is Kind.DIRECTORY else f"{found.size}\0{found.mtime_ns}"
    return _bytes(f"{path}\0{found.kind}\0{found.device}\0{found.inode}\0{times}")


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
        self.errors: list[str] = []

    def add_member(self, path: str) -> None:
        try:
            found = self._tree.stat(path)
            self._digest.update(_fingerprint(path, found))
            if found.kind is Kind.LINK:
                self._digest.update(_bytes(self._tree.link(path)))
        except OSError as error:
            self._fail(path, error.strerror or str(error))
            return
        self._add(path.rpartition("/")[2], found)
        if found.kind is Kind.DIRECTORY:
            self._add_directory(path)

    def _fail(self, path: str, why: str) -> None:
        self.errors.append(f"{path}: {why}")

    def _add_directory(self, path: str) -> None:
        try:
            listing = self._tree.listing(path)
        except OSError as error:
            self._fail(path, error.strerror or str(error))
            return
        self._digest.update(listing.digest)
        for name, (_, why) in listing.errors.items():
            self._fail(f"{path}/{name}", why)
        if _is_plain(listing):
            self._add_columns(listing)
            return
        for name in listing.names.kinds:
            if name not in listing.errors:
                self._add(name, listing.stat(name))
        for name in listing.names.tell(directories_in):
            self._digest.update(_bytes(f"{path}/{name}"))
            self._add_directory(f"{path}/{name}")

    def _add_columns(self, listing: Listing) -> None:
        """Many files at once, none of which has another name."""
        self._disk += sum(listing.blocks) * 512
        self._newest = max(self._newest, listing.newest)
        self._files += len(listing.sizes)
        apparent = sum(listing.sizes)
        self._apparent += apparent
        roles = listing.names.tell(_rows_by_role)
        for role, chosen in roles.items():
            held = apparent if len(roles) == 1 else sum([listing.sizes[row] for row in chosen])
            self._roles[role] = self._roles.get(role, 0) + held

    def _add(self, name: str, found: Stat) -> None:
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
        role = role_of(name)
        self._roles[role] = self._roles.get(role, 0) + found.size

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
        )


def _is_plain(listing: Listing) -> bool:
    """Whether it holds nothing but regular files with one name each, all of them known."""
    kinds = listing.names.kinds
    return (
        listing.links == 1
        and not listing.errors
        and len(listing.names.tell(files_in)) == len(kinds)
    )


def _rows_by_role(kinds: dict[str, Kind]) -> dict[Role, list[int]]:
    found: dict[Role, list[int]] = {}
    for name, row in rows(kinds).items():
        found.setdefault(role_of(name), []).append(row)
    return found
