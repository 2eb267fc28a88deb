"""Resolve what points at a checkpoint: symlinks and tags, without following anything on disk.

Targets are worked out from the names that the scan saw, so loops, dangling links and links out
of the root end in words instead of surprises.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from .model import Pointer
from .tree import Tree, join

_POINTER_NAME = re.compile(r"(last|latest|best|final|current|newest)([._-].*)?", re.IGNORECASE)
_MAX_HOPS = 40  # the kernel's own limit


class PointerResolver:
    """Knows every link and the owner of every member below one root."""

    def __init__(self, tree: Tree, links: Mapping[str, str], owners: Mapping[str, str]) -> None:
        self._tree = tree
        self._links = links  # path -> text of the link
        self._owners = owners  # path of a member, or id -> id of its checkpoint

    def link(self, path: str) -> Pointer | None:
        """The pointer that a symlink is; None for a link that concerns no checkpoint."""
        text = self._links[path]
        resolved, trouble = self._follow(path)
        named = _POINTER_NAME.fullmatch(path.rpartition("/")[2]) is not None
        if resolved is None and not named:
            return None
        return Pointer(path, text, resolved, trouble)

    def tag(self, folder: str, path: str, target: str) -> Pointer:
        """The pointer that text inside a file is; the target is a name in `folder`."""
        owner = self._owners.get(join(folder, target))
        return Pointer(join(folder, path), target, owner, "" if owner else "dangling")

    def _follow(self, path: str) -> tuple[str | None, str]:
        here = path
        for _ in range(_MAX_HOPS):
            target = self._relative(here)
            if target is None:
                return None, "outside the root"
            owner = self._owner(target)
            if owner is not None:
                return owner, ""
            if target not in self._links:
                return None, "" if self._exists(target) else "dangling"
            here = target
        return None, "loop"

    def _relative(self, link: str) -> str | None:
        """Where a link leads, relative to the root; None when that is outside."""
        text = self._links[link]
        if text.startswith("/"):
            inside = text.startswith(self._tree.root.rstrip("/") + "/")
            return posixpath.normpath(text[len(self._tree.root) :].lstrip("/")) if inside else None
        joined = posixpath.normpath(posixpath.join(posixpath.dirname(link), text))
        return None if joined == ".." or joined.startswith("../") else joined

    def _owner(self, path: str) -> str | None:
        """The checkpoint that a path is, or lies in."""
        while path:
            if path in self._owners:
                return self._owners[path]
            path = path.rpartition("/")[0]
        return None

    def _exists(self, path: str) -> bool:
        try:
            self._tree.stat(path)
        except OSError:
            return False
        return True
