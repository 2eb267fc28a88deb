"""Resolve what points at a checkpoint: symlinks and tags, without following anything on disk.

Targets are worked out from the names that the scan saw, so loops, dangling links and links out
of the root end in words instead of surprises.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Container, Mapping

from ..patterns import pattern
from .model import Pointer
from .path_owners import owner_of, shared_tail
from .tree import Tree, join

_POINTER_NAME = pattern(r"(last|latest|best|final|current|newest)([._-].*)?", re.IGNORECASE)
_MAX_HOPS = 40  # the kernel's own limit


class PointerResolver:
    """Knows every link and the owner of every member below one root."""

    def __init__(
        self,
        tree: Tree,
        links: Mapping[str, str],
        owners: Mapping[str, str],
        artifacts: Container[str] = (),
    ) -> None:
        self._tree = tree
        self._links = links  # path -> text of the link
        self._owners = owners  # path of a member, or id -> id of its checkpoint
        self._artifacts = artifacts  # paths: a pointer to one leads somewhere
        self._by_tail: dict[str, list[str]] = {}  # last part -> keys of `owners`
        for key in owners:
            self._by_tail.setdefault(key.rpartition("/")[2], []).append(key)

    def link(self, path: str) -> Pointer | None:
        """The pointer that a symlink is; None for a link that concerns no checkpoint."""
        text = self._links[path]
        resolved, trouble = self._follow(path)
        named = _POINTER_NAME.fullmatch(path.rpartition("/")[2]) is not None
        if resolved is None and not named:
            return None
        return Pointer(path, text, resolved, trouble)

    def tag(self, folder: str, path: str, target: str) -> Pointer:
        """The pointer that text inside a file is, as seen from `folder`.

        An absolute path may belong to another machine: then its last parts decide, where they
        name one checkpoint only.
        """
        written = join(folder, path)
        parts = [part for part in re.split(r"[/\\]", target) if part not in ("", ".")]
        if not parts:
            return Pointer(written, target, None, "dangling")
        here = posixpath.normpath(join(folder, target)) if not _is_absolute(target) else ""
        owner = owner_of(here, self._owners) or self._by_last_parts(folder, parts)
        known = owner or here in self._artifacts or join(folder, parts[-1]) in self._artifacts
        return Pointer(written, target, owner, "" if known else "dangling")

    def _by_last_parts(self, folder: str, parts: list[str]) -> str | None:
        """The checkpoint whose path shares the most last parts; one in `folder` breaks a tie.

        Anywhere else the name alone is too little: checkpoint-50 of another run is another.
        """
        own = join(folder, parts[-1])
        shared = {
            key: shared_tail(key.split("/"), parts) for key in self._by_tail.get(parts[-1], ())
        }
        shared = {key: count for key, count in shared.items() if count > 1 or key == own}
        most = max(shared.values(), default=0)
        best = {self._owners[key] for key, count in shared.items() if count == most}
        if len(best) > 1 and own in shared and shared[own] == most:
            return self._owners[own]
        return best.pop() if len(best) == 1 else None

    def _follow(self, path: str) -> tuple[str | None, str]:
        here = path
        for _ in range(_MAX_HOPS):
            target = self._relative(here)
            if target is None:
                return None, "outside the root"
            owner = owner_of(target, self._owners)
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

    def _exists(self, path: str) -> bool:
        try:
            self._tree.stat(path)
        except OSError:
            return False
        return True


def _is_absolute(target: str) -> bool:
    return target.startswith("/") or re.match(r"[A-Za-z]:[/\\]|\w+://", target) is not None
