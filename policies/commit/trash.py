"""Move one checkpoint into the trash, or back to its place: whole, or not at all.

Every move is checked before and after by inode, nothing is ever replaced, and a set of which
one piece cannot move is put together again where it was.
"""

from __future__ import annotations

import os
import stat
from enum import Enum

from ..catalog.listing import KIND_OF
from ..catalog.model import Kind
from .descent import Tree, split
from .outcome import CHANGED, TAKEN, HalfMoved, Unmoved, why
from .records import JournalItem, JournalMember
from .slimming import is_aside, require_rest
from .state import TRASH_PATH


class Place(Enum):
    """Where one member stands."""

    HOME = "home"
    TRASH = "trash"
    GONE = "gone"


def kind_of(status: os.stat_result) -> Kind:
    """The kind of an entry, by its mode."""
    return KIND_OF.get(stat.S_IFMT(status.st_mode), Kind.OTHER)


def destination(commit_id: str, path: str, folders: dict[str, int]) -> str:
    """Where in the trash a member goes, under its own name.

    Each directory that loses something gets one folder there, so that names cannot collide and
    few directories have to be made, and made durable; `folders` numbers them, and is added to.
    """
    directory, name = split(path)
    number = folders.setdefault(directory, len(folders) + 1)
    return f"{TRASH_PATH}/{commit_id}/{number}/{name}"


def place_of(tree: Tree, member: JournalMember) -> Place:
    """The trash first: only commits write there, while a place can be taken by others."""
    at_home = _is_at_home(tree, member)
    if tree.exists(member.to) and not (at_home and is_aside(member)):
        return Place.TRASH
    if at_home:
        return Place.HOME
    # A server's word that a name is not there can be old: before anything counts as lost, list.
    return Place.TRASH if tree.lists(member.to) else Place.GONE


def _is_at_home(tree: Tree, member: JournalMember) -> bool:
    try:
        # The device number is left out: it can change when a network filesystem is mounted again.
        return tree.lstat(member.path).st_ino == member.inode
    except (FileNotFoundError, NotADirectoryError):
        return False


def send(tree: Tree, item: JournalItem) -> None:
    """Move an item to the trash; OSError says why it stayed, HalfMoved that it did not."""
    try:
        for member in item.members:
            _send_member(tree, member)
    except OSError as error:
        _put_back(tree, item, error)
        raise


def finish_sending(tree: Tree, item: JournalItem) -> None:
    """Send what a crash left in place after it could not be put back."""
    for member in item.members:
        if place_of(tree, member) is Place.HOME:
            tree.make(split(member.to)[0])
            tree.move(member.path, member.to)


def bring_back(tree: Tree, item: JournalItem) -> list[str]:
    """Move what is in the trash back, last piece first; the directories that had to be made.

    When one place is taken, what came back goes to the trash again, and OSError says why.
    """
    made: list[str] = []
    moved: list[JournalMember] = []
    try:
        for member in reversed(item.members):
            if place_of(tree, member) is not Place.TRASH:
                continue
            made += tree.make(split(member.path)[0])
            tree.move(member.to, member.path)
            moved.append(member)
            _restore_time(tree, member)
    except OSError as error:
        _undo_bringing(tree, moved, error)
        raise
    return made


def whole_in_trash(tree: Tree, item: JournalItem) -> None:
    """Unmoved, with the reason, unless every member can be put back (or is back already)."""
    require_rest(tree, item)
    places = [place_of(tree, member) for member in item.members]
    if Place.GONE in places:
        everything = all(place is Place.GONE for place in places)
        raise Unmoved(
            "no longer in the trash" if everything else "a part of it is missing from the trash"
        )
    for member, place in zip(item.members, places, strict=True):
        if place is Place.TRASH and tree.exists(member.path):
            raise Unmoved(TAKEN)


def _send_member(tree: Tree, member: JournalMember) -> None:
    found = tree.lstat(member.path)
    if not _is_same(found, member):
        raise Unmoved(CHANGED)
    tree.keep_open(split(member.to)[0])
    tree.move(member.path, member.to)
    # Between looking and renaming something else can have taken the name: look again.
    arrived = tree.lstat(member.to)
    if (arrived.st_dev, arrived.st_ino) != (member.device, member.inode):
        tree.move(member.to, member.path)
        raise Unmoved(CHANGED)


def _is_same(found: os.stat_result, member: JournalMember) -> bool:
    return (
        found.st_dev == member.device
        and found.st_ino == member.inode
        and found.st_mtime_ns == member.mtime_ns
        and kind_of(found) == member.kind
    )


def _put_back(tree: Tree, item: JournalItem, cause: OSError) -> None:
    """By where things are: a server can say that a rename failed which it has carried out."""
    for member in reversed(item.members):
        try:
            if place_of(tree, member) is Place.TRASH:
                tree.move(member.to, member.path)
        except OSError as error:
            raise HalfMoved(
                f"{why(cause)}; {os.path.basename(member.path)} could not be put back "
                f"({why(error)}) and waits in the trash"
            ) from error


def _undo_bringing(tree: Tree, moved: list[JournalMember], cause: OSError) -> None:
    for member in reversed(moved):
        try:
            tree.move(member.path, member.to)
        except OSError as error:
            raise HalfMoved(
                f"{why(cause)}; a part of it is back, the rest waits in the trash ({why(error)})"
            ) from error


def _restore_time(tree: Tree, member: JournalMember) -> None:
    """Some filesystems touch a directory that gets a new parent; files are never touched."""
    if member.kind != Kind.DIRECTORY:
        return
    directory, name = split(member.path)
    with tree.directory(directory) as fd:
        now = os.stat(name, dir_fd=fd, follow_symlinks=False)
        if now.st_mtime_ns != member.mtime_ns:
            times = (now.st_atime_ns, member.mtime_ns)
            try:
                os.utime(name, ns=times, dir_fd=fd, follow_symlinks=False)
            except PermissionError:
                pass  # another's directory, which this user may move but not date
