"""What a directory tree is, to the byte: names, contents, modes, times, links."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

Snapshot = dict[str, tuple[object, ...]]


def snapshot(root: Path, *, without: tuple[str, ...] = (".keepstep",)) -> Snapshot:
    """Every entry below `root`; directories named in `without` are left out."""
    found: Snapshot = {}
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in without]
        for name in [*folders, *files]:
            path = Path(folder, name)
            found[str(path.relative_to(root))] = _entry(path)
    return found


def _entry(path: Path) -> tuple[object, ...]:
    status = path.lstat()
    common = (stat.filemode(status.st_mode), status.st_mtime_ns)
    if path.is_symlink():
        return (*common, str(path.readlink()))
    if path.is_dir():
        return common
    digest = hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
    return (*common, status.st_nlink, status.st_ino, digest)
