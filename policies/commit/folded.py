"""Commits of long ago, one line each, instead of a journal that every later command looks into.

A run that is pruned every hour has thousands of them in a year. Only what nothing can ask for any
more is folded: its journal has ended, and nothing of it is in the trash. The line is durable
before the journal goes; killed in between both are there, and the journal counts.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

from ..places import HISTORY_FILE, STATE_DIRECTORY
from ..refusal import Refusal
from . import journal
from .descent import Tree, share_mode
from .history import entry_of
from .results import HistoryEntry
from .state import JOURNALS_PATH, TRASH_PATH

KEPT = 50  # journals that stay, of the newest commits
_MORE = 50  # than these before any is folded, so that it is rarely done
_AT_ONCE = 200  # a run with thousands is thinned by and by, and no command takes long
_FORMAT, _VERSION = "keepstep/history", 1
_UNREADABLE = HistoryEntry(HISTORY_FILE, 0.0, "", "", "", 0, 0, "unreadable")
_ADD = os.O_CREAT | os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC


def folded(tree: Tree) -> Iterator[HistoryEntry]:
    """The commits that have a line, as they were folded; may tell one twice after a crash."""
    for line in _lines(tree):
        import msgspec

        try:
            # json, as for journals: names can hold surrogates
            document = json.loads(line)
            if (document["format"], document["version"]) != (_FORMAT, _VERSION):
                raise ValueError
            yield msgspec.convert(document, HistoryEntry)
        except (ValueError, KeyError, TypeError, msgspec.MsgspecError):
            yield _UNREADABLE


def is_known(tree: Tree, commit_id: str) -> bool:
    """Whether there is, or was, such a commit."""
    known = commit_id in journal.commit_ids(tree)
    return known or any(one.id == commit_id for one in folded(tree))


def fold(tree: Tree) -> None:
    """Fold what is old, under the lock; a courtesy, so what fails is left for the next time."""
    try:
        ids = journal.commit_ids(tree)
        if len(ids) < KEPT + _MORE:
            return
        if not all(journal.is_settled(tree, one) for one in ids):
            return  # what was interrupted comes first
        old = ids[:-KEPT][:_AT_ONCE]
        done = [entry for one in old if (entry := _ended(tree, one)) is not None]
        if done:
            _add(tree, done)
            _remove_journals(tree, done)
    except OSError:
        pass


def _ended(tree: Tree, commit_id: str) -> HistoryEntry | None:
    """The line of a commit to which nothing can happen any more."""
    try:
        record = journal.read(tree, commit_id)
    except Refusal:
        return None  # of another version, perhaps
    if record is None or record.open_step or record.in_trash:
        return None
    return None if tree.exists(f"{TRASH_PATH}/{commit_id}") else entry_of(record)


def _add(tree: Tree, entries: list[HistoryEntry]) -> None:
    """Write all lines and make them durable, or leave the file as it was."""
    about = {"format": _FORMAT, "version": _VERSION}
    documents = ({**about, **{n: getattr(e, n) for n in e.__slots__}} for e in entries)
    data = "".join(json.dumps(one, separators=(",", ":")) + "\n" for one in documents)
    with tree.directory(STATE_DIRECTORY) as directory:
        fd = os.open(HISTORY_FILE, _ADD, 0o644, dir_fd=directory)
        try:
            if os.fstat(fd).st_size == 0:
                share_mode(directory, fd)
            journal.add_lines(tree, fd, data.encode("ascii"))
        finally:
            os.close(fd)
    tree.sync(STATE_DIRECTORY)


def _remove_journals(tree: Tree, entries: list[HistoryEntry]) -> None:
    with tree.directory(JOURNALS_PATH) as directory:
        for entry in entries:
            os.unlink(entry.id + journal.SUFFIX, dir_fd=directory)


def _lines(tree: Tree) -> list[bytes]:
    try:
        with tree.directory(STATE_DIRECTORY) as directory:
            fd = os.open(HISTORY_FILE, _READ, dir_fd=directory)
    except FileNotFoundError:
        return []
    with open(fd, "rb") as file:
        return file.read().split(b"\n")[:-1]  # what follows the last newline is torn
