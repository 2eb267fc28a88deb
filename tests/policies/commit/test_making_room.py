"""`min_free`: the trash goes oldest first, and only until enough is free."""

from __future__ import annotations

from pathlib import Path

import pytest
from keepstep.policies import make_plan, scan
from keepstep.policies.commit import purge as purging
from keepstep.policies.commit.commit import commit
from keepstep.policies.commit.history import history
from keepstep.policies.commit.purge import purge
from keepstep.policies.disk_space import DiskSpace
from keepstep.policies.rules.counts import LastRule
from keepstep.policies.rules.policy import Policy
from keepstep.policies.units import FreeSpace

from ..trees import hugging_face


def test_oldest_first_until_enough_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    hugging_face(tmp_path, range(100, 1100, 100))
    for left, when in ((8, 1000.0), (5, 2000.0), (2, 3000.0)):
        plan = make_plan(scan(str(tmp_path)), Policy("x", (LastRule(left),)), now=when)
        commit(plan, clock=lambda when=when: when)
    trash = tmp_path / ".keepstep" / "trash"

    def space(_: object) -> DiskSpace:
        return DiskSpace(free=10 * (4 - len(list(trash.iterdir()))), total=100)

    monkeypatch.setattr(purging, "disk_space", space)
    result = purge(str(tmp_path), below=FreeSpace(share=0.3))
    assert len(result.commits) == 2
    states = {one.when: one.state for one in history(str(tmp_path))}
    assert states == {1000.0: "purged", 2000.0: "purged", 3000.0: "in trash"}
    assert purge(str(tmp_path), below=FreeSpace(share=0.3)).commits == ()


def test_shares_and_sizes():
    space = DiskSpace(free=5, total=100)
    assert space.lacks(FreeSpace(share=0.1)) == 5
    assert space.lacks(FreeSpace(size=4)) == 0
    assert "less than min_free 10%" in space.sentence(FreeSpace(share=0.1))
