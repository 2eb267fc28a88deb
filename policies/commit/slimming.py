"""Slimming as a commit sees it: a part of a checkpoint leaves, the rest of it stays.

What leaves goes to the trash like anything else, by the same journal. First a file can be set
aside: it stays where it is under a name that ends in `.slimmed`, so that a framework which would
resume without an optimizer and say nothing does not find it (`catalog/resume_state.py` says which
and why). Coming back goes the other way round, so at every moment between the checkpoint is whole,
slimmed, or refused by its framework; and an interrupted one is put together again by recovery.

Nothing is put back where the rest of the checkpoint is not: that would leave a folder with an
optimizer and nothing else.
"""

from __future__ import annotations

import os

from ..catalog.model import Kind, Member
from ..catalog.resume_state import SET_ASIDE
from ..decisions import Unit
from .descent import Tree
from .outcome import Unmoved
from .records import JournalItem, JournalMember

REST_GONE = "the rest of it is not in its place; put that back first"
REST_CHANGED = "the rest of it is no longer what it was"
TAKEN_NAME = f"a file whose name ends in {SET_ASIDE} stands there already"


def pieces(unit: Unit) -> tuple[Member, ...]:
    """What is moved for a unit, in the order in which it leaves."""
    return (*(Member(path, Kind.FILE) for path in unit.aside), *unit.members)


def aside(path: str) -> str:
    """The name under which a file is set aside, in its own folder."""
    return path + SET_ASIDE


def is_aside(member: JournalMember) -> bool:
    """Whether the member only gets another name."""
    return member.to == aside(member.path)


def trashed_members(item: JournalItem) -> tuple[JournalMember, ...]:
    """What of an item went to the trash: all of it but what was set aside in its own folder."""
    return tuple(member for member in item.members if not is_aside(member))


def staying(unit: Unit) -> tuple[Member, ...]:
    """The members of the checkpoint that must be there for its part to come back."""
    leaving = {member.path for member in unit.members}
    return tuple(member for member in unit.stays if member.path not in leaving)


def lacks_rest(tree: Tree, item: JournalItem) -> str:
    """Why the part of a slimmed checkpoint has nothing to come back to, or ""."""
    if not item.stays:
        return ""
    asides = [member for member in item.members if is_aside(member)]
    for member in item.stays:
        try:
            found = tree.lstat(member.path)
        except (FileNotFoundError, NotADirectoryError):
            return REST_GONE
        # A copy of the run has other inodes; a file that was set aside tells it apart as well.
        if not _is_same(found, member) and not (asides and member.kind == Kind.DIRECTORY):
            return REST_CHANGED
    return "" if all(_is_there(tree, member) for member in asides) else REST_CHANGED


def require_rest(tree: Tree, item: JournalItem) -> None:
    """Raise Unmoved where the part has nothing to come back to."""
    if why := lacks_rest(tree, item):
        raise Unmoved(why)


def _is_there(tree: Tree, member: JournalMember) -> bool:
    """Whether a file that was set aside is there, under either name, and no other one."""
    for path in (member.to, member.path):
        try:
            return _is_same(tree.lstat(path), member)
        except (FileNotFoundError, NotADirectoryError):
            continue
    return False


def _is_same(found: os.stat_result, member: JournalMember) -> bool:
    if member.kind == Kind.DIRECTORY:  # losing and regaining a part has changed its time
        return found.st_ino == member.inode
    return found.st_mtime_ns == member.mtime_ns  # a new file may get the inode of an old one
