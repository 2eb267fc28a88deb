"""Sizes: blocks, hard links, sparse files; and the fingerprint that commits compare."""

from __future__ import annotations

import os
from pathlib import Path

from keepstep.policies import scan
from keepstep.policies.freed import freed

from ..trees import hugging_face


def _by_id(root: Path):
    return {one.id: one for one in scan(str(root)).checkpoints}


def test_a_shared_inode_is_freed_only_with_its_last_link(tmp_path: Path):
    hugging_face(tmp_path, [100, 200])
    big = tmp_path / "checkpoint-100" / "shared.bin"
    big.write_bytes(os.urandom(1 << 20))
    os.link(big, tmp_path / "checkpoint-200" / "shared.bin")
    found = _by_id(tmp_path)
    one, both = freed([found["checkpoint-100"]]), freed(found.values())
    assert one.certain < 1 << 20 <= one.possible
    assert 1 << 20 <= both.certain < 2 << 20
    assert both.certain == both.possible


def test_a_sparse_file_frees_its_blocks_not_its_length(tmp_path: Path):
    hugging_face(tmp_path, [100])
    os.truncate(tmp_path / "checkpoint-100" / "config.json", 5_000_000)
    one = _by_id(tmp_path)["checkpoint-100"]
    assert one.apparent > 5_000_000
    assert freed([one]).possible < 1_000_000


def test_the_fingerprint_sees_every_kind_of_change(tmp_path: Path):
    hugging_face(tmp_path, [100])
    inner = tmp_path / "checkpoint-100" / "config.json"

    def identity() -> str:
        measure = _by_id(tmp_path)["checkpoint-100"].measure
        assert measure is not None
        return measure.identity

    seen = [identity(), identity()]
    assert seen[0] == seen[1]
    os.utime(inner, (1, 1))
    seen.append(identity())
    inner.write_text("{ }")
    seen.append(identity())
    inner.rename(inner.with_name("other.json"))
    seen.append(identity())
    inner.with_name("other.json").unlink()
    seen.append(identity())
    assert len(set(seen)) == 5


def test_roles_add_up(tmp_path: Path):
    hugging_face(tmp_path, [100])
    measure = _by_id(tmp_path)["checkpoint-100"].measure
    assert measure is not None
    roles = {role.value: size for role, size in measure.roles}
    assert set(roles) == {"weights", "optimizer", "config", "metadata"}
    assert sum(roles.values()) == measure.apparent
