"""What a review remembers of a directory from one visit to the next: order, filter, rules.

One small JSON file for each directory, in the user's state directory and never in the run. It
may be thrown away at any time; what cannot be understood counts as nothing remembered.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import field, replace
from typing import Any

import msgspec

from ...policies.late_dataclass import dataclass
from ...policies.refusal import PolicyRefusal
from ...policies.rules.policy import Policy
from ...policies.rules.schema import policy_of
from .ordering import Column, Sort
from .slots import Slot

_MAX_BYTES = 1_000_000
_SOURCE = "remembered"


@dataclass(frozen=True, slots=True)
class Remembered:
    """The choices of one review that outlive it. Marks do not: they are about one moment."""

    sort: Sort = field(default_factory=Sort)
    filter: str = ""
    grouped: bool = False
    folded: frozenset[str] = frozenset()
    base: Policy | None = None
    slots: tuple[Slot, ...] = ()


class _Rule(msgspec.Struct, frozen=True):
    rule: dict[str, Any]
    on: bool
    suggested: bool = False
    slim: bool = False


class _File(msgspec.Struct, frozen=True):
    path: str
    inode: int
    opened: dict[str, Any] | None  # the policy that the review was opened with
    sort: str
    descending: bool
    filter: str
    base: dict[str, Any] | None
    rules: list[_Rule]
    grouped: bool = False
    folded: tuple[str, ...] = ()


def memory_directory() -> str:
    """Where reviews are remembered; it need not exist."""
    import platformdirs

    return os.path.join(platformdirs.user_state_dir("keepstep"), "review")


class Memory:
    """What is remembered of one root, opened with one policy."""

    def __init__(self, root: str, opened: Policy | None, directory: str) -> None:
        self._root = os.path.realpath(root)
        self._opened = None if opened is None else opened.document()
        name = hashlib.sha256(os.fsencode(self._root)).hexdigest()[:24]
        self.path = os.path.join(directory, f"{name}.json")

    def recall(self) -> Remembered | None:
        """What was written last, if it was about this directory."""
        try:
            with open(self.path, "rb") as file:
                found = msgspec.json.decode(file.read(_MAX_BYTES), type=_File)
            if (found.path, found.inode) != self._identity():
                return None  # another directory of the same name: nothing of the old one is true
            return self._remembered(found)
        except (OSError, ValueError, PolicyRefusal):
            return None

    def _remembered(self, found: _File) -> Remembered:
        sort = Sort(Column(found.sort), found.descending)
        seen = Remembered(sort, found.filter, found.grouped, frozenset(found.folded))
        if found.opened != self._opened:
            return seen  # another policy was asked for since
        base = None if found.base is None else policy_of(found.base, _SOURCE)
        return replace(seen, base=base, slots=_slots(found.rules))

    def keep(self, choices: Remembered) -> None:
        """Write it down; that it cannot be written is no matter."""
        with suppress(OSError, ValueError):
            path, inode = self._identity()
            text = msgspec.json.encode(
                _File(
                    path=path,
                    inode=inode,
                    opened=self._opened,
                    sort=choices.sort.column.value,
                    descending=choices.sort.descending,
                    filter=choices.filter,
                    grouped=choices.grouped,
                    folded=tuple(sorted(choices.folded)),
                    base=None if choices.base is None else choices.base.document(),
                    rules=[
                        _Rule(one.rule.document(), one.on, one.suggested, one.slim)
                        for one in choices.slots
                    ],
                )
            )
            self._write(text)

    def _write(self, text: bytes) -> None:
        os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
        fresh = f"{self.path}.{os.getpid()}.new"
        fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with open(fd, "wb") as file:
            file.write(text)
        os.replace(fresh, self.path)

    def _identity(self) -> tuple[str, int]:
        status = os.stat(self._root)
        name = os.fsencode(self._root).decode("utf-8", "backslashreplace")
        return name, status.st_ino  # of a server the device changes with each mount


def _slots(rules: Sequence[_Rule]) -> tuple[Slot, ...]:
    """Each rule is read as a policy of its own: what is off need not go with what is on."""
    return tuple(
        Slot(policy_of({"keep": [one.rule]}, _SOURCE).keep[0], one.on, one.suggested, one.slim)
        for one in rules
    )
