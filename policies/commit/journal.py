"""The journal of one commit: JSON Lines, appended and made durable before anything moves on.

A torn last line, from a crash while it was written, is as if it had never been begun. Text is
plain JSON, in which names that are no UTF-8 survive as escaped surrogates; never pickle.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..places import JOURNALS, STATE_DIRECTORY
from ..refusal import Refusal
from .descent import Tree, share_mode
from .records import FORMAT, VERSION, Event, Intent, Journal
from .slimming import is_aside
from .state import JOURNALS_PATH, TRASH_PATH, release_room

SUFFIX = ".jsonl"
_SETTLED_END = b'"settled":true}\n'
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_CREATE = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
_APPEND = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC


class UnreadableJournal(Refusal):
    """A journal that was not written by a version which this one understands."""


def unknown_commit(root: str, commit_id: str) -> Refusal:
    """The refusal for a commit that this directory does not know."""
    return Refusal(f"no commit '{commit_id}' in {root}; `keepstep history {root}` lists them")


def begin(tree: Tree, intent: Intent) -> None:
    """Write the intent and make it durable; on failure no trace stays, and OSError is raised."""
    with tree.directory(JOURNALS_PATH) as directory:
        name = intent.id + SUFFIX
        fd = os.open(name, _CREATE, 0o644, dir_fd=directory)
        try:
            share_mode(directory, fd)
            _write(tree, fd, _line(intent))
            os.fsync(fd)
        except OSError:
            os.unlink(name, dir_fd=directory)
            raise
        finally:
            os.close(fd)
    # The directories above it too: a journal that a power failure can unlink is none.
    for path in (JOURNALS_PATH, STATE_DIRECTORY, ""):
        tree.sync(path)


def append(tree: Tree, commit_id: str, event: Event) -> None:
    """Add one event, durable on return; a torn line left by a crash is cut off first."""
    with _opened(tree, commit_id, _APPEND) as fd:
        add_lines(tree, fd, _line(event))


def add_lines(tree: Tree, fd: int, lines: bytes) -> None:
    """Add whole lines to an open file and make them durable, or leave it as it was."""
    end = _cut_torn_line(fd)
    try:
        _write(tree, fd, lines)
        os.fsync(fd)
    except OSError:
        os.ftruncate(fd, end)
        raise


def mend(tree: Tree, commit_id: str) -> None:
    """Cut off a torn last line."""
    with _opened(tree, commit_id, _APPEND) as fd:
        _cut_torn_line(fd)


def discard(tree: Tree, commit_id: str) -> None:
    """Remove a journal whose intent was never completely written: nothing had moved yet."""
    with tree.directory(JOURNALS_PATH) as directory:
        os.unlink(commit_id + SUFFIX, dir_fd=directory)


def commit_ids(tree: Tree) -> list[str]:
    """The commits that have a journal, oldest first."""
    with tree.directory(JOURNALS_PATH) as directory:
        names = os.listdir(directory)
    return sorted(name.removesuffix(SUFFIX) for name in names if name.endswith(SUFFIX))


def ids_in_trash(tree: Tree) -> list[str]:
    """The commits that have something in the trash, oldest first."""
    try:
        with tree.directory(TRASH_PATH) as directory:
            return sorted(os.listdir(directory))
    except FileNotFoundError:
        return []


def is_settled(tree: Tree, commit_id: str) -> bool:
    """Whether recovery has nothing to do, by the last bytes alone."""
    try:
        with _opened(tree, commit_id, _READ) as fd:
            size = os.fstat(fd).st_size
            wanted = len(_SETTLED_END)
            return size >= wanted and os.pread(fd, wanted, size - wanted) == _SETTLED_END
    except FileNotFoundError:
        return True  # folded meanwhile


def read(tree: Tree, commit_id: str) -> Journal | None:
    """The journal, or None when not even its intent was completely written."""
    with _opened(tree, commit_id, _READ) as fd, open(fd, "rb", closefd=False) as file:
        lines = file.read().split(b"\n")[:-1]  # what follows the last newline is torn
    if not lines:
        return None
    import msgspec

    where = os.path.join(tree.path, STATE_DIRECTORY, JOURNALS, commit_id + SUFFIX)
    try:
        # json, not msgspec, parses the text: msgspec refuses the surrogates of odd names.
        intent = msgspec.convert(json.loads(lines[0]), Intent)
        events = tuple(msgspec.convert(json.loads(line), Event) for line in lines[1:])
    except (ValueError, msgspec.MsgspecError) as error:
        raise UnreadableJournal(f"the journal {where} cannot be read: {error}") from error
    if (intent.format, intent.version) != (FORMAT, VERSION):
        raise UnreadableJournal(
            f"the journal {where} is {intent.format} version {intent.version}; "
            f"this keepstep reads version {VERSION}"
        )
    trash = f"{TRASH_PATH}/{commit_id}/"
    if not all(
        member.to.startswith(trash) or (item.stays and is_aside(member))
        for item in intent.items
        for member in item.members
    ):
        raise UnreadableJournal(f"the journal {where} names a trash that is not its own")
    return Journal(intent, events)


@contextmanager
def _opened(tree: Tree, commit_id: str, flags: int) -> Iterator[int]:
    with tree.directory(JOURNALS_PATH) as directory:
        fd = os.open(commit_id + SUFFIX, flags, dir_fd=directory)
    try:
        yield fd
    finally:
        os.close(fd)


def _line(record: Intent | Event) -> bytes:
    content = _fields_of(record)
    if isinstance(record, Intent):
        content = {"format": FORMAT, "version": VERSION, **content}  # first, for human readers
    text = json.dumps(content, separators=(",", ":"), default=_fields_of)
    return text.encode("ascii") + b"\n"


def _fields_of(record: Any) -> dict[str, Any]:  # noqa: ANN401 - one of `records.py`
    return {name: getattr(record, name) for name in record.__slots__}


def _write(tree: Tree, fd: int, data: bytes) -> None:
    """Write everything; on a full disk use the room held back for this, once."""
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(fd, view) :]
        except OSError as error:
            if error.errno not in _FULL or not release_room(tree):
                raise


def _cut_torn_line(fd: int) -> int:
    """Truncate after the last newline; the length that stays."""
    size = end = os.fstat(fd).st_size
    step = 4096
    while end > 0:
        start = max(0, end - step)
        newline = os.pread(fd, end - start, start).rfind(b"\n")
        if newline >= 0:
            end = start + newline + 1
            break
        end = start
    if end != size:
        os.ftruncate(fd, end)
    return end
