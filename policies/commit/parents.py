"""The directories that lose and regain checkpoints: their times, and making moves durable.

Their modification times are written down before and after a commit, so that an undo can set
them back when nobody else changed anything in between.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping

from .descent import Tree, split
from .records import Journal, JournalItem, JournalMember, Parent
from .state import TRASH_PATH


def members_of(items: Iterable[JournalItem]) -> Iterable[JournalMember]:
    """All members of some items."""
    return (member for item in items for member in item.members)


def snapshot(tree: Tree, paths: Iterable[str]) -> tuple[Parent, ...]:
    """The directories that hold these paths, with their times; absent ones are left out."""
    found: dict[str, Parent] = {}
    for directory in (split(path)[0] for path in paths):
        if directory in found:
            continue
        try:
            with tree.directory(directory) as fd:
                now = os.fstat(fd)
        except OSError:
            continue
        found[directory] = Parent(directory, now.st_mtime_ns, stat.S_IMODE(now.st_mode))
    return tuple(found.values())


def sync_moves(tree: Tree, commit_id: str, items: Iterable[JournalItem]) -> None:
    """Make the moves of these items durable, on both sides and in one batch."""
    touched: dict[str, None] = {}
    for member in members_of(items):
        touched[split(member.to)[0]] = None
        touched[split(member.path)[0]] = None
    if not touched:
        return
    for path in (*touched, f"{TRASH_PATH}/{commit_id}", TRASH_PATH):
        tree.sync(path)


def restore_times(tree: Tree, journal: Journal, before_undo: Mapping[str, int]) -> list[str]:
    """Set back the times of parents that only the commit and this undo have changed.

    The parents of which it could not be done: only their owner may.
    """
    failed = []
    after_commit = journal.parents_after()
    for parent in journal.intent.parents:
        if parent.path not in after_commit:
            continue  # the commit was cut short: who touched it last is not known
        if before_undo.get(parent.path) != after_commit[parent.path]:
            continue
        try:
            with tree.directory(parent.path) as fd:
                os.utime(fd, ns=(os.fstat(fd).st_atime_ns, parent.mtime_ns))
        except OSError:
            failed.append(parent.path)
    return failed


def remove_empty(tree: Tree, commit_id: str, items: Iterable[JournalItem]) -> None:
    """Remove the trash directories of these items and of the commit, as far as they are empty."""
    folders = {split(member.to)[0] for member in members_of(items)}
    base = f"{TRASH_PATH}/{commit_id}"
    for folder in sorted(folders, key=len, reverse=True):
        while folder.startswith(base) and tree.remove_if_empty(folder):
            folder = split(folder)[0]
    tree.remove_if_empty(base)
