"""Everything a review does to a disk, behind one interface that tests can stand in for.

The review itself opens no file for writing. What writes is imported when it is first asked for,
since a person mostly looks.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from ...policies.catalog.model import Catalog, Pin
from ...policies.decisions import Plan
from ...policies.disk_space import DiskSpace, disk_space
from ...policies.rules.policy import Policy

if TYPE_CHECKING:
    from ...policies.commit.results import (
        CommitResult,
        HistoryEntry,
        Progress,
        PurgeResult,
        UndoResult,
    )

    OnProgress = Callable[[Progress], None]

PLAN_FILE = "keepstep-plan.json"


class Disk(Protocol):
    """What the review asks for; each may raise a Refusal."""

    def pin(
        self, catalog: Catalog, ids: Sequence[str], now: float, note: str = ""
    ) -> Sequence[Pin]: ...
    def unpin(self, catalog: Catalog, ids: Sequence[str]) -> Sequence[str]: ...
    def commit(
        self, plan: Plan, on_progress: OnProgress, stop: Callable[[], bool]
    ) -> CommitResult: ...
    def undo(self, root: str, commit_id: str, on_progress: OnProgress) -> UndoResult: ...
    def purge(
        self, root: str, commit_id: str, on_progress: OnProgress, stop: Callable[[], bool]
    ) -> PurgeResult: ...
    def history(self, root: str) -> Sequence[HistoryEntry]: ...
    def export(self, plan: Plan) -> str: ...
    def save(self, policy: Policy, name: str, *, replace: bool) -> str: ...
    def full(self, root: str) -> float | None: ...
    def space(self, root: str) -> DiskSpace | None: ...


class LocalDisk:
    """The disk of this machine."""

    def pin(
        self, catalog: Catalog, ids: Sequence[str], now: float, note: str = ""
    ) -> Sequence[Pin]:
        from ...policies.pins import pin

        at = datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds")
        return pin(catalog, ids, note=note, by=_user(), at=at)

    def unpin(self, catalog: Catalog, ids: Sequence[str]) -> Sequence[str]:
        from ...policies.pins import unpin

        return unpin(catalog, ids)

    def commit(self, plan: Plan, on_progress: OnProgress, stop: Callable[[], bool]) -> CommitResult:
        from ...policies.commit.commit import commit

        return commit(plan, on_progress=on_progress, stop=stop)

    def undo(self, root: str, commit_id: str, on_progress: OnProgress) -> UndoResult:
        from ...policies.commit.undo import undo

        return undo(root, commit_id, on_progress=on_progress)

    def purge(
        self, root: str, commit_id: str, on_progress: OnProgress, stop: Callable[[], bool]
    ) -> PurgeResult:
        from ...policies.commit.purge import purge

        return purge(root, commit_id=commit_id, on_progress=on_progress, stop=stop)

    def history(self, root: str) -> Sequence[HistoryEntry]:
        from ...policies.commit.history import history

        return history(root)

    def export(self, plan: Plan) -> str:
        """Write the plan into the current directory under a name that is free; that name."""
        from ...policies.json_text import dumps
        from ...policies.plan_json import plan_document
        from ...policies.refusal import Refusal

        text = dumps(plan_document(plan)) + "\n"
        number = 1
        while True:
            name = PLAN_FILE if number == 1 else PLAN_FILE.replace(".json", f"-{number}.json")
            try:
                with open(name, "x", encoding="utf-8") as file:
                    file.write(text)
            except FileExistsError:
                number += 1
            except OSError as error:
                raise Refusal(f"{os.path.abspath(name)}: {error.strerror}") from None
            else:
                return name

    def save(self, policy: Policy, name: str, *, replace: bool) -> str:
        from ...policies.rules.preset_files import save_preset

        return save_preset(policy, name, overwrite=replace)

    def full(self, root: str) -> float | None:
        """How full the filesystem is, from 0 to 1; None where that cannot be told."""
        try:
            usage = shutil.disk_usage(root)
        except OSError:
            return None
        return usage.used / usage.total if usage.total else None

    def space(self, root: str) -> DiskSpace | None:
        """What this user could still write; None where that cannot be told."""
        try:
            return disk_space(root)
        except OSError:
            return None


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())  # a container without a password entry
