"""Size one checkpoint and take its fingerprint, with sums, not records, per file.

The fingerprint covers name, kind, device, inode, size and mtime of every file; a commit takes it
again and acts only when it is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .fingerprint import Fingerprint
from .listing import (
    NOTHING,
    Extent,
    Listing,
    Remembered,
    Stat,
    Sums,
    directories_in,
    links_in,
    rows,
)
from .model import Kind, Measure, Member, Role, SharedInode
from .resume_state import WITH_PARTITIONS, ResumeSearch
from .roles import RESUME_ROLES, role_of
from .roles_inside import inside as look_inside
from .roles_inside import mute_names
from .tree import Tree, join


def measure(tree: Tree, members: Iterable[Member]) -> Measure:
    """Look at all members; what cannot be read is listed in `errors`, never skipped silently."""
    pieces = tuple(members)
    single = len(pieces) == 1 and pieces[0].kind is Kind.DIRECTORY
    sums = _Sums(tree, pieces[0].path if single else "")
    for member in pieces:
        sums.add_member(member.path)
    return sums.total()


def measure_file(path: str, found: Stat) -> Measure:
    """The same for one regular file that has been looked at already."""
    shared = SharedInode(found.device, found.inode, found.links, 1, found.disk)
    fingerprint = Fingerprint()
    fingerprint.member(path, found)
    return Measure(
        disk=found.disk,
        apparent=found.size,
        files=1,
        newest_mtime_ns=found.mtime_ns,
        identity=fingerprint.hexdigest(),
        shared=(shared,) if found.links > 1 else (),
    )


class _Sums:
    """Running sums of one checkpoint."""

    def __init__(self, tree: Tree, folder: str) -> None:
        self._tree = tree
        self._fingerprint = Fingerprint()
        self._disk = self._apparent = self._files = self._newest = 0
        self._shared: dict[tuple[int, int], tuple[Stat, int]] = {}
        self._roles: dict[Role, int] = {}
        self._resume = ResumeSearch(folder)
        self._links: list[tuple[str, str]] = []
        self.errors: list[str] = []

    def add_member(self, path: str) -> None:
        try:
            found = self._tree.stat(path)
            self._fingerprint.member(path, found)
            if found.kind is Kind.LINK:
                self._fingerprint.target(self._add_link(path))
        except OSError as error:
            self._fail(path, error)
            return
        if found.kind is Kind.DIRECTORY:
            self._disk += found.disk
            self._add_directory(path, "")
        else:
            self._add(self._resume.look(path, "", found), found)

    def _add_link(self, path: str) -> str:
        text = self._tree.link(path)
        self._links.append((path, text))
        return text

    def _fail(self, path: str, error: OSError) -> None:
        self.errors.append(f"{path}: {error.strerror or error}")

    def _add_directory(self, path: str, inside: str) -> None:
        """A member, or a directory `inside` one, and all below it."""
        try:
            listing = self._tree.listing(path)
        except OSError as error:
            self._fail(path, error)
            return
        if isinstance(listing, Remembered):
            self._fingerprint.directory(listing.digest, listing.device)
            self._add_sums(path, inside, listing, listing.sums)
        else:
            self._fingerprint.directory(listing.digest, listing.devices)
            self._add_listing(path, inside, listing)
        if not inside:
            self._look_inside(path, listing.names.tell(mute_names))
        for name in listing.names.tell(directories_in):
            self._add_below(f"{path}/{name}", join(inside, name))

    def _look_inside(self, path: str, mute: Sequence[str]) -> None:
        """The files right in the checkpoint whose names say nothing: what they turn out to be."""
        for name in mute:
            try:
                found = self._tree.stat(f"{path}/{name}")
            except OSError:
                continue  # told already
            role = self._resume.correct(
                f"{path}/{name}", found, look_inside(self._tree, path, name)
            )
            if role is not Role.WEIGHTS:
                held = min(found.size, self._roles.get(Role.WEIGHTS, 0))  # of two links, once
                self._roles[Role.WEIGHTS] = self._roles.get(Role.WEIGHTS, 0) - held
                self._roles[role] = self._roles.get(role, 0) + held

    def _add_below(self, path: str, inside: str) -> None:
        self._fingerprint.below(path)
        try:
            found = self._tree.stat(path)
        except OSError as error:
            self._fail(path, error)
            return
        self._disk += found.disk
        self._resume.look(path, inside, found)
        self._add_directory(path, inside)

    def _add_listing(self, path: str, inside: str, listing: Listing) -> None:
        sums = sums_of(listing)
        if sums is not None:
            self._add_sums(path, inside, listing, sums)
            return
        for name, (number, why) in listing.errors.items():
            self._fail(f"{path}/{name}", OSError(number, why))
        for name, kind in listing.names.kinds.items():
            if kind is not Kind.DIRECTORY and name not in listing.errors:
                found = listing.stat(name)
                self._add(self._resume.look(f"{path}/{name}", join(inside, name), found), found)
        for name in listing.names.tell(links_in):
            if name not in listing.errors:
                try:
                    self._add_link(f"{path}/{name}")
                except OSError as error:
                    self._fail(f"{path}/{name}", error)

    def _add_sums(self, path: str, inside: str, listing: Listing | Remembered, sums: Sums) -> None:
        self._disk += sums.disk
        self._apparent += sums.apparent
        self._files += sums.files
        self._newest = max(self._newest, sums.newest)
        for role, held in self._resume.take(path, inside, listing.names, sums):
            self._roles[role] = self._roles.get(role, 0) + held

    def _add(self, role: Role, found: Stat) -> None:
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

    def total(self) -> Measure:
        roles = sorted(self._roles.items(), key=lambda item: (-item[1], item[0]))
        return Measure(
            disk=self._disk,
            apparent=self._apparent,
            files=self._files,
            newest_mtime_ns=self._newest,
            identity=self._fingerprint.hexdigest(),
            shared=tuple(
                SharedInode(found.device, found.inode, found.links, seen, found.disk)
                for found, seen in self._shared.values()
            ),
            roles=tuple((role, held) for role, held in roles if held),
            errors=tuple(self.errors),
            resume=self._resume.result(),
            links=tuple(self._links),
        )


def sums_of(listing: Listing) -> Sums | None:
    """The sums of files with one name each; None where there are others, or links, or trouble."""
    files = listing.names.tell(_rows_of_files)
    if files is None or listing.errors:
        return None
    sizes, blocks, mtimes = listing.sizes, listing.blocks, listing.mtimes
    if len(files) == len(sizes):
        if listing.links != 1 and files:
            return None
        disk, apparent, newest = sum(blocks), sum(sizes), max(mtimes, default=0)
    else:
        links = listing.links
        if not isinstance(links, int) and any(links[row] != 1 for row in files):
            return None
        if isinstance(links, int) and links != 1 and files:
            return None
        disk = sum([blocks[row] for row in files])
        apparent = sum([sizes[row] for row in files])
        newest = max([mtimes[row] for row in files], default=0)
    by_role = listing.names.tell(_rows_by_role)
    if len(by_role) == 1:
        roles = tuple((role, apparent) for role in by_role)
    else:
        roles = tuple((r, sum([sizes[row] for row in rows])) for r, rows in by_role.items())
    return Sums(
        disk=disk * 512,
        apparent=apparent,
        files=len(files),
        newest=newest,
        roles=roles,
        resume=_extent(listing, listing.names.tell(_rows_for_resuming)),
        beside=_extent(listing, listing.names.tell(_rows_with_partitions)),
    )


def _extent(listing: Listing, chosen: Sequence[int]) -> Extent:
    if not chosen:
        return NOTHING
    disk = sum([listing.blocks[row] for row in chosen]) * 512
    return disk, sum([listing.sizes[row] for row in chosen]), len(chosen)


def _rows_of_files(kinds: dict[str, Kind]) -> list[int] | None:
    """None where there is anything but regular files and directories."""
    if any(kind not in (Kind.FILE, Kind.DIRECTORY) for kind in kinds.values()):
        return None
    return [row for row, kind in enumerate(kinds.values()) if kind is Kind.FILE]


def _rows_by_role(kinds: dict[str, Kind]) -> dict[Role, list[int]]:
    found: dict[Role, list[int]] = {}
    for name, row in rows(kinds).items():
        if kinds[name] is Kind.DIRECTORY:
            continue
        found.setdefault(role_of(name), []).append(row)
    return found


def _rows_for_resuming(kinds: dict[str, Kind]) -> list[int]:
    by_role = _rows_by_role(kinds)
    return [row for role, chosen in by_role.items() if role in RESUME_ROLES for row in chosen]


def _rows_with_partitions(kinds: dict[str, Kind]) -> list[int]:
    at = rows(kinds)
    return [at[name] for name in WITH_PARTITIONS if kinds.get(name) is Kind.FILE]
