"""Whose a path is: exactly for one of this tree, by its last parts for one written elsewhere."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import TypeVar

Owner = TypeVar("Owner")


def owner_of(path: str, owners: Mapping[str, Owner]) -> Owner | None:
    """What a path is, or lies in; `owners` go by the paths of members."""
    while path:
        if path in owners:
            return owners[path]
        path = path.rpartition("/")[0]
    return None


def shared_tail(one: list[str], other: list[str]) -> int:
    """How many last parts two paths share."""
    count = 0
    while count < min(len(one), len(other)) and one[-1 - count] == other[-1 - count]:
        count += 1
    return count


class PathResolver:
    """From a path as another run wrote it to checkpoints here.

    Written on another machine, or relative to a folder that nobody knows, a path still ends in the
    run's folder and the checkpoint's name: two parts that agree are enough, in doubt for several.
    """

    def __init__(self, root: str, owners: Mapping[str, str]) -> None:
        self._root = root
        self._owners = owners
        self._by_name: dict[str, list[tuple[str, list[str]]]] = {}
        above = [part for part in root.split("/") if part]
        for path, owner in owners.items():
            parts = [*above, *path.split("/")]
            self._by_name.setdefault(parts[-1], []).append((owner, parts))

    def targets(self, folder: str, written: str) -> tuple[str, ...]:
        """Ids of the checkpoints that a text in a file of `folder` may mean."""
        absolute = posixpath.normpath(posixpath.join(self._root, folder, written))
        if absolute.startswith(self._root.rstrip("/") + "/"):
            exact = owner_of(absolute[len(self._root) + 1 :], self._owners)
            if exact is not None:
                return (exact,)
        parts = [part for part in re.split(r"[/\\]", written) if part not in ("", ".", "..")]
        for length in range(len(parts), 1, -1):
            found = self._by_tail(parts[:length])
            if found:
                return found
        return ()

    def _by_tail(self, parts: list[str]) -> tuple[str, ...]:
        """The checkpoints whose paths share the most last parts with these, two at least."""
        shared: dict[str, int] = {}
        for owner, path in self._by_name.get(parts[-1], ()):
            shared[owner] = max(shared.get(owner, 0), shared_tail(path, parts))
        most = max(shared.values(), default=0)
        return tuple(owner for owner, count in shared.items() if count == most) if most > 1 else ()
