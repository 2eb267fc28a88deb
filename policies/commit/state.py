"""The `.keepstep` directory: made when first needed, and opened with all that commits need.

Paths in journals are relative to the directory that holds it ("home"), so that trash and undo
survive a move of the run. Never creates anything for a reader.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from ..late_dataclass import dataclass
from ..places import JOURNALS, STATE_DIRECTORY, TRASH, state_directory
from ..refusal import Refusal, RootRefusal
from .descent import Tree, share_mode

README_FILE = "README"
README_TEXT = (
    "Here keepstep keeps its pins, the journals of what it removed from the directory above, and "
    "the trash from which `keepstep undo` puts it back; `keepstep purge` empties the trash.\n"
)
RESERVE_FILE = "reserve"
RESERVE_BYTES = 1 << 20  # room for a journal and the trash directories of 200 checkpoints
JOURNALS_PATH = f"{STATE_DIRECTORY}/{JOURNALS}"
TRASH_PATH = f"{STATE_DIRECTORY}/{TRASH}"
_NEW_FILE = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class StateDirectory:
    """An open home directory and how the reviewed root lies in it."""

    tree: Tree
    prefix: str  # the root relative to home, "" when they are the same
    device: int  # of the trash; nothing on another filesystem can be moved there
    home_mtime_ns: int  # before `.keepstep` was made

    def place(self, path: str) -> str:
        """A path relative to the root as one relative to home."""
        return f"{self.prefix}/{path}" if self.prefix else path


def home_of(root: str) -> tuple[str, str]:
    """The directory that holds `.keepstep`, and the root relative to it."""
    real = os.path.realpath(root)
    home = os.path.dirname(state_directory(real))
    return home, "" if home == real else os.path.relpath(real, home)


@contextmanager
def open_for_writing(root: str) -> Iterator[StateDirectory]:
    """Make the state directory of `root` where it is missing, and open it."""
    home, prefix = home_of(root)
    tree = _open(home)
    try:
        before = os.fstat(tree.fd).st_mtime_ns
        try:
            _furnish(tree)
        except OSError as error:
            raise _cannot_write(home, error) from error
        state = _opened(tree, prefix, before)
        _refuse_other_filesystem(state)
        yield state
    finally:
        tree.close()


@contextmanager
def open_if_present(root: str) -> Iterator[StateDirectory | None]:
    """Open the state directory of `root` without creating anything; None where there is none."""
    home, prefix = home_of(root)
    tree = _open(home)
    try:
        try:
            present = tree.exists(JOURNALS_PATH)
            before = os.fstat(tree.fd).st_mtime_ns
            state = _opened(tree, prefix, before) if present else None
        except OSError as error:
            where = os.path.join(home, STATE_DIRECTORY)
            raise Refusal(f"cannot read {where}: {error.strerror}") from error
        yield state
    finally:
        tree.close()


def ensure_state_directory(home: str) -> None:
    """Make `.keepstep` in `home` with its README; for pins, which need no journals."""
    tree = _open(home)
    try:
        _make_with_readme(tree)
    finally:
        tree.close()


def open_shared(path: str) -> int:
    """Open a file of the state directory for writing, made with the rights of that directory."""
    directory = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        flags = os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
        fd = os.open(os.path.basename(path), flags, 0o644, dir_fd=directory)
        share_mode(directory, fd)
    finally:
        os.close(directory)
    return fd


def replace_shared(path: str, content: bytes) -> None:
    """Write a file of the state directory beside, then put it in its place: never half of it."""
    beside = f"{path}.{os.getpid()}.new"
    try:
        with open(open_shared(beside), "wb") as file:
            file.truncate()
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.rename(beside, path)
    except OSError:
        try:
            os.unlink(beside)
        except OSError:
            pass  # it was never made
        raise


def reserve_room(state: StateDirectory) -> None:
    """Hold some room back, so that a full disk can still be journalled, undone and purged."""
    with state.tree.directory(STATE_DIRECTORY) as directory:
        try:
            fd = os.open(RESERVE_FILE, _NEW_FILE, 0o644, dir_fd=directory)
        except OSError:
            return  # usually there already
        try:
            share_mode(directory, fd)
            os.posix_fallocate(fd, 0, RESERVE_BYTES)
        except OSError:
            os.unlink(RESERVE_FILE, dir_fd=directory)
        finally:
            os.close(fd)


def release_room(tree: Tree) -> bool:
    """Give the held-back room to whoever ran out of it; whether there was any."""
    try:
        with tree.directory(STATE_DIRECTORY) as directory:
            os.unlink(RESERVE_FILE, dir_fd=directory)
    except OSError:
        return False
    return True


def _open(home: str) -> Tree:
    try:
        return Tree(home)
    except OSError as error:
        raise RootRefusal(f"cannot open {home}: {error.strerror}") from error


def _furnish(tree: Tree) -> None:
    try:
        _make_with_readme(tree)
        tree.make(JOURNALS_PATH)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT) or not release_room(tree):
            raise
        _make_with_readme(tree)
        tree.make(JOURNALS_PATH)
    with tree.directory(STATE_DIRECTORY) as directory:
        if not os.access(".", os.W_OK | os.X_OK, dir_fd=directory, effective_ids=True):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _make_with_readme(tree: Tree) -> None:
    if not tree.make(STATE_DIRECTORY):
        return
    with tree.directory(STATE_DIRECTORY) as directory:
        try:
            fd = os.open(README_FILE, _NEW_FILE, 0o644, dir_fd=directory)
        except OSError:
            return
        try:
            os.write(fd, README_TEXT.encode())
        except OSError:
            pass  # a courtesy, not a condition
        finally:
            os.close(fd)


def _opened(tree: Tree, prefix: str, before: int) -> StateDirectory:
    with tree.directory(STATE_DIRECTORY) as state:
        return StateDirectory(tree, prefix, os.fstat(state).st_dev, before)


def _refuse_other_filesystem(state: StateDirectory) -> None:
    with state.tree.directory(state.prefix) as root:
        if os.fstat(root).st_dev == state.device:
            return
    raise Refusal(
        f"{os.path.join(state.tree.path, STATE_DIRECTORY)} is on another filesystem than the "
        "checkpoints, so nothing could be moved there in one step"
    )


def _cannot_write(home: str, error: OSError) -> Refusal:
    where = os.path.join(home, STATE_DIRECTORY)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Refusal(
            f"no room is left for a journal in {where}, and without one nothing is moved; "
            "free about 1 MB on this filesystem first"
        )
    return Refusal(f"cannot write in {where}: {error.strerror}; nothing was moved")


def free_bytes(tree: Tree) -> int:
    """Free space of the filesystem, as the kernel counts it now."""
    found = os.fstatvfs(tree.fd)
    return found.f_bfree * found.f_frsize
