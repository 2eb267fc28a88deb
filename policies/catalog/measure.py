"""Size one checkpoint and take its fingerprint, with sums, not records, per file.

The fingerprint covers name, kind, device, inode, size and mtime of every file; a commit takes it
again and acts only when it is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from .fingerprint import Fingerprint
from .listing import Listing, Remembered, Stat, Sums, directories_in, links_in
from .model import Kind, Measure, Member, Role, SharedInode
from .resume_state import ResumeSearch, resume_among
from .roles_inside import inside as look_inside
from .roles_inside import mute_names
from .sums import sums_of
from .tree import Tree, join


def measure(tree: Tree, members: Iterable[Member]) -> Measure:
    """Look at all members; what cannot be read is listed in `errors`, never skipped silently."""
    pieces = tuple(members)
    single = len(pieces) == 1 and pieces[0].kind is Kind.DIRECTORY
    if single and (found := _measure_flat(tree, pieces[0].path)) is not None:
        return found
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


def _measure_flat(tree: Tree, path: str) -> Measure | None:
    """The same for one directory of files, as most are; None where there is more to it."""
    try:
        found, listing = tree.stat(path), tree.listing(path)
    except OSError:
        return None
    names = listing.names
    if found.kind is not Kind.DIRECTORY or names.tell(directories_in) or names.tell(mute_names):
        return None
    sums = listing.sums if isinstance(listing, Remembered) else sums_of(listing)
    if sums is None:
        return None
    fingerprint = Fingerprint()
    fingerprint.member(path, found)
    fingerprint.directory(listing.digest, listing.devices)
    return Measure(
        disk=found.disk + sums.disk,
        apparent=sums.apparent,
        files=sums.files,
        newest_mtime_ns=sums.newest,
        identity=fingerprint.hexdigest(),
        roles=_largest_first(sums.roles),
        resume=resume_among(path, names, sums),
    )


@lru_cache(maxsize=256)  # those of a run differ little
def _largest_first(roles: tuple[tuple[Role, int], ...]) -> tuple[tuple[Role, int], ...]:
    held = (item for item in roles if item[1])
    return tuple(sorted(held, key=lambda item: (-item[1], item[0])))


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
            self._fingerprint.directory(listing.digest, listing.devices)
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
            roles=_largest_first(tuple(self._roles.items())),
            errors=tuple(self.errors),
            resume=self._resume.result(),
            links=tuple(self._links),
        )
