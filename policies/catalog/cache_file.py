"""One file for a scanned root in the user's cache directory, which may be deleted at any time."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress

VARIABLE = "KEEPSTEP_INDEX"  # "off" for none
_MOST_ROOTS = 64  # files of a kind; the one that was written longest ago goes first


def is_off() -> bool:
    """Whether the user wants nothing remembered."""
    return os.environ.get(VARIABLE) == "off"


def cache_path(kind: str, root: str) -> str:
    """Where what is remembered of a root (absolute, real) lies; it need not exist."""
    import hashlib

    import platformdirs  # both only when there is something to read or to write

    name = hashlib.blake2b(os.fsencode(root), digest_size=16).hexdigest()
    return os.path.join(platformdirs.user_cache_dir("keepstep"), kind, f"{name}.msgpack")


def write_cache(path: str, content: bytes) -> None:
    """Put a file in its place at once; raises OSError."""
    directory = os.path.dirname(path)
    os.makedirs(directory, mode=0o700, exist_ok=True)
    descriptor, beside = tempfile.mkstemp(dir=directory)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
        os.replace(beside, path)
    except OSError:
        os.unlink(beside)
        raise
    _make_room(directory)


def _make_room(directory: str) -> None:
    """Forget the roots that were scanned longest ago."""
    with os.scandir(directory) as listing:
        files = sorted(listing, key=lambda entry: -entry.stat(follow_symlinks=False).st_mtime)
    for entry in files[_MOST_ROOTS:]:
        with suppress(OSError):
            os.unlink(entry.path)
