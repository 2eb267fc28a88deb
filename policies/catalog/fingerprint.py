"""The fingerprint of a checkpoint: one digest of its members, and of every directory in them.

A scan takes it (`measure.py`), and a commit once more before it acts (`commit/second_look.py`).
"""

from __future__ import annotations

import hashlib
from array import array

from .listing import Stat
from .model import Kind


class Fingerprint:
    """Covers path, kind, device, inode, size and mtime of every entry, and what links say."""

    __slots__ = ("_digest",)

    def __init__(self) -> None:
        self._digest = hashlib.blake2b(digest_size=16)

    def member(self, path: str, found: Stat) -> None:
        """One top-level piece. A directory's own size and time change with what is in it."""
        times = "" if found.kind is Kind.DIRECTORY else f"{found.size}\0{found.mtime_ns}"
        self._add(f"{path}\0{found.kind}\0{found.device}\0{found.inode}\0{times}")

    def target(self, text: str) -> None:
        """What the member says that was told last, which is a link."""
        self._add(text)

    def below(self, path: str) -> None:
        """A directory inside a member; what is in it follows."""
        self._add(path)

    def directory(self, digest: bytes, devices: array[int] | int) -> None:
        """The entries of one directory: the digest of its listing, and their devices."""
        self._digest.update(digest)
        self._add(str(devices))

    def hexdigest(self) -> str:
        """The fingerprint as it stands in `Measure`."""
        return self._digest.hexdigest()

    def _add(self, line: str) -> None:
        self._digest.update(line.encode("utf-8", "surrogateescape") + b"\n")
