"""What happened between plan and commit decides: in doubt a checkpoint stays where it is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from keepstep.policies.catalog.unchanged import Unchanged
from keepstep.policies.commit.commit import commit
from keepstep.policies.commit.undo import undo
from keepstep.policies.decisions import Plan
from keepstep.policies.pins import pin


def reasons(result: Any) -> dict[str, str]:
    return {skipped.id: skipped.why for skipped in result.skipped}


def test_vanished_and_changed_are_skipped_and_the_rest_goes_on(run: Any) -> None:
    plan = run.plan()
    (run.root / "single.pt").unlink()
    (run.root / "checkpoint-100" / "model.safetensors").write_bytes(b"newer")
    (run.root / "tf" / "ckpt-5.data-1").unlink()
    result = commit(plan, rescan=run.rescan)
    assert reasons(result) == {
        "single.pt": "vanished",
        "tf/ckpt-5": "vanished",
        "checkpoint-100": "changed since the plan",
        "checkpoint-200": "changed since the plan",  # shares the file by a hard link
    }
    assert result.trashed == ("ranks",)
    assert (run.root / "tf" / "ckpt-5.index").exists()


def test_pinned_since_the_plan(run: Any) -> None:
    plan = run.plan()
    pin(run.catalog(), ["single.pt"], note="figure 4", by="amy", at="2026-11-21T08:00:00Z")
    result = commit(plan, rescan=run.rescan)
    assert reasons(result) == {"single.pt": "pinned since the plan"}


def test_pinned_while_the_commit_runs(run: Any) -> None:
    def progress(at: Any) -> None:
        if at.done == 1:
            pin(run.catalog(), ["single.pt", "tf/ckpt-5"])

    result = commit(run.plan(), rescan=run.rescan, on_progress=progress)
    assert reasons(result) == {
        "single.pt": "pinned since the plan",
        "tf/ckpt-5": "pinned since the plan",
    }
    assert (run.root / "single.pt").exists()


@pytest.mark.parametrize("moment", ["before", "after the rescan"])
def test_a_link_in_place_of_a_checkpoint_is_not_followed(
    run: Any, precious: Path, moment: str
) -> None:
    plan = run.plan(["checkpoint-100"])

    def swap() -> None:
        (run.root / "checkpoint-100").rename(run.root.parent / "aside")
        (run.root / "checkpoint-100").symlink_to(precious)

    def rescan(plan: Plan, unchanged: Unchanged, now: float) -> Plan:
        fresh: Plan = run.rescan(plan, unchanged, now)
        if moment != "before":
            swap()
        return fresh

    if moment == "before":
        swap()
    result = commit(plan, rescan=rescan)
    assert reasons(result) == {"checkpoint-100": "changed since the plan"}
    assert (run.root / "checkpoint-100").is_symlink()
    assert (precious / "data.txt").read_text() == "never touch"


def test_a_write_after_the_last_scan_is_noticed_at_the_move(run: Any) -> None:
    def rescan(plan: Plan, unchanged: Unchanged, now: float) -> Plan:
        fresh: Plan = run.rescan(plan, unchanged, now)
        (run.root / "checkpoint-100" / "new.bin").write_bytes(b"still being written")
        (run.root / "single.pt").write_bytes(b"saved again")
        return fresh

    result = commit(run.plan(["checkpoint-100", "single.pt", "ranks"]), rescan=rescan)
    assert set(reasons(result).values()) == {"changed since the plan"}
    assert result.trashed == ("ranks",)


def test_a_link_in_place_of_a_parent_leads_nowhere(run: Any, precious: Path) -> None:
    plan = run.plan(["tf/ckpt-5"])
    (run.root / "tf").rename(precious / "tf")
    (run.root / "tf").symlink_to(precious / "tf")
    result = commit(plan, rescan=run.rescan)
    assert reasons(result) == {"tf/ckpt-5": "something else stands in its path now"}
    assert (precious / "tf" / "ckpt-5.index").exists()


def test_a_link_in_place_of_a_parent_stops_an_undo(run: Any, precious: Path) -> None:
    commit(run.plan(["tf/ckpt-5"]), rescan=run.rescan)
    (run.root / "tf").rmdir()
    (run.root / "tf").symlink_to(precious)
    assert not undo(str(run.root)).restored
    assert sorted(os.listdir(precious)) == ["data.txt"]


def test_a_directory_that_holds_a_kept_checkpoint_stays(run: Any, monkeypatch: Any) -> None:
    inside = "checkpoint-100/global_step"
    monkeypatch.setitem(run.shapes, inside, [inside])
    result = commit(run.plan(), rescan=run.rescan)
    assert reasons(result) == {"checkpoint-100": f"{inside}, which stays, is inside it"}
    result = commit(run.plan([inside]), rescan=run.rescan)
    assert reasons(result) == {inside: "it is a part of checkpoint-100, which stays"}


def test_an_error_of_one_item_is_told_and_the_rest_goes_on(run: Any, monkeypatch: Any) -> None:
    from keepstep.policies.commit import rename

    real = rename._system_rename()
    assert real is not None

    def failing(a: int, source: bytes, b: int, target: bytes) -> int:
        import errno

        failures = {b"ckpt-5.data-1": errno.EIO, b"single.pt": errno.EBUSY, b"model.pt": 18}
        return failures.get(source) or real(a, source, b, target)

    monkeypatch.setattr(rename, "_system_rename", lambda: failing)
    before = run.snapshot()
    result = commit(run.plan(), rescan=run.rescan)
    assert reasons(result) == {
        "tf/ckpt-5": "Input/output error",
        "single.pt": "Device or resource busy",
        "ranks": "on another filesystem",
    }
    assert result.trashed == ("checkpoint-100", "checkpoint-200")
    undo(str(run.root))
    now = run.snapshot()
    assert now.pop("tf")[2:] == before.pop("tf")[2:]  # its time changed with the attempt
    assert now == before


def test_a_set_that_cannot_be_put_back_is_put_right_later(run: Any, monkeypatch: Any) -> None:
    from keepstep.policies.commit import rename
    from keepstep.policies.commit.recovery import pending, recover

    real = rename._system_rename()
    assert real is not None
    seen: list[bytes] = []

    def failing(a: int, source: bytes, b: int, target: bytes) -> int:
        seen.append(source)
        if source == b"ckpt-5.data-0" or seen.count(b"ckpt-5.index") == 2:
            return 5
        return real(a, source, b, target)

    monkeypatch.setattr(rename, "_system_rename", lambda: failing)
    result = commit(run.plan(["tf/ckpt-5"]), rescan=run.rescan)
    assert "waits in the trash" in reasons(result)["tf/ckpt-5"]
    monkeypatch.setattr(rename, "_system_rename", lambda: real)
    assert pending(str(run.root))
    assert "in place" in recover(str(run.root))[0]
    assert (run.root / "tf" / "ckpt-5.index").exists()
    assert not pending(str(run.root))
