"""What the files of one directory come to: sums by role, without an object for each file.

Which file plays which part is told by names alone, so it is worked out once for all directories
that hold the same; each directory then costs a few passes over its columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any

from ..late_dataclass import dataclass
from .listing import NOT_YET, NOTHING, Extent, Listing, Names, Sums, rows
from .model import Kind, Role
from .resume_state import WITH_PARTITIONS
from .roles import RESUME_ROLES, role_of

Pick = Callable[[Sequence[int]], Iterable[int]]  # the values of some rows of a column


@dataclass(frozen=True, slots=True)
class _Parts:
    """Where the files of each part stand in the columns."""

    count: int  # files
    files: Pick | None  # None where there is nothing but files
    by_role: tuple[tuple[Role, Pick], ...]  # all but the one with the most files
    most: Role | None  # that one; the rest of the bytes are its
    roles: tuple[Role, ...]  # all of them, that one last
    resume: tuple[Pick, int] | None
    beside: tuple[Pick, int] | None


def sums_of(listing: Listing) -> Sums | None:
    """The sums of files with one name each; None where there are others, or links, or trouble."""
    if listing.sums is NOT_YET:
        listing.sums = _added_up(listing)
    return listing.sums


def plain_sums(listing: Listing) -> tuple[Any, ...] | None:
    """The same as numbers alone, for another process."""
    sums = sums_of(listing)
    if sums is None:
        return None
    held = tuple([held for _, held in sums.roles])
    return sums.disk, sums.apparent, sums.files, sums.newest, held, sums.resume, sums.beside


def sums_from(names: Names, plain: tuple[Any, ...] | None) -> Sums | None:
    """What another process added up of a directory with these names."""
    parts = names.tell(_parts)
    if plain is None or parts is None:
        return None
    disk, apparent, files, newest, held, resume, beside = plain
    roles = tuple(zip(parts.roles, held, strict=True))
    return Sums(disk, apparent, files, newest, roles, resume, beside)


def _added_up(listing: Listing) -> Sums | None:
    parts = listing.names.tell(_parts)
    if parts is None or listing.errors:
        return None
    sizes, blocks, mtimes, links = listing.sizes, listing.blocks, listing.mtimes, listing.links
    files = parts.files
    if links != 1 and parts.count:
        chosen = (links,) if isinstance(links, int) else (files(links) if files else links)
        if any(count != 1 for count in chosen):
            return None
    if files is None:
        disk, apparent, newest = sum(blocks), sum(sizes), max(mtimes, default=0)
    else:
        disk, apparent = sum(files(blocks)), sum(files(sizes))
        newest = max(files(mtimes), default=0)
    roles = [(role, sum(pick(sizes))) for role, pick in parts.by_role]
    if parts.most is not None:
        roles.append((parts.most, apparent - sum([held for _, held in roles])))
    return Sums(
        disk=disk * 512,
        apparent=apparent,
        files=parts.count,
        newest=newest,
        roles=tuple(roles),
        resume=_extent(parts.resume, blocks, sizes),
        beside=_extent(parts.beside, blocks, sizes),
    )


def _extent(part: tuple[Pick, int] | None, blocks: Sequence[int], sizes: Sequence[int]) -> Extent:
    if part is None:
        return NOTHING
    pick, count = part
    return sum(pick(blocks)) * 512, sum(pick(sizes)), count


def _parts(kinds: dict[str, Kind]) -> _Parts | None:
    """None where there is anything but regular files and directories."""
    if any(kind not in (Kind.FILE, Kind.DIRECTORY) for kind in kinds.values()):
        return None
    at = rows(kinds)
    files = [at[name] for name, kind in kinds.items() if kind is Kind.FILE]
    by_role: dict[Role, list[int]] = {}
    for name, kind in kinds.items():
        if kind is Kind.FILE:
            by_role.setdefault(role_of(name), []).append(at[name])
    most = max(by_role, key=lambda role: len(by_role[role]), default=None)
    resume = [row for role, chosen in by_role.items() if role in RESUME_ROLES for row in chosen]
    beside = [at[name] for name in WITH_PARTITIONS if kinds.get(name) is Kind.FILE]
    return _Parts(
        count=len(files),
        files=_pick(files) if len(files) < len(kinds) else None,
        by_role=tuple((role, _pick(chosen)) for role, chosen in by_role.items() if role != most),
        most=most,
        roles=(*(role for role in by_role if role != most), *((most,) if most else ())),
        resume=(_pick(resume), len(resume)) if resume else None,
        beside=(_pick(beside), len(beside)) if beside else None,
    )


def _pick(chosen: list[int]) -> Pick:
    if not chosen:
        return lambda _: ()
    if len(chosen) == 1:
        only = chosen[0]
        return lambda column: (column[only],)
    return itemgetter(*chosen)
