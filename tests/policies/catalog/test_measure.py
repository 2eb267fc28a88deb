"""Sizes: blocks, hard links, sparse files; and the fingerprint that commits compare."""

from __future__ import annotations

import os
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keepstep.policies import scan
from keepstep.policies.catalog import measure as measuring
from keepstep.policies.catalog.local_tree import LocalTree
from keepstep.policies.catalog.model import Kind, Member
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


FOLDERS = ["", "optim", "optimizer_0", "global_step5", "global_step5/optim", "model/optim", "rank0"]
NAMES = [
    "model.safetensors", "adapter_model.bin", "optimizer.pt", "scheduler.pt", "rng_state_0.pth",
    "trainer_state.json", "latest", "zero_to_fp32.py", "notes.txt", "optim",
    "zero_pp_rank_0_mp_rank_00_model_states.pt", "zero_pp_rank_0_mp_rank_00_optim_states.pt",
]  # fmt: skip
FILES = st.sampled_from([f"{a}/{b}".lstrip("/") for a, b in product(FOLDERS, NAMES)])


@given(sizes=st.dictionaries(FILES, st.integers(0, 9000), max_size=12))
def test_sums_of_folders_tell_what_each_file_tells(
    sizes: dict[str, int], tmp_path_factory: pytest.TempPathFactory
):
    root = tmp_path_factory.mktemp("run")
    (root / "checkpoint").mkdir()
    for name, size in sizes.items():
        path = root / "checkpoint" / name
        if not path.is_dir() and all(not above.is_file() for above in path.parents):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bytes(size))
    members = [Member("checkpoint", Kind.DIRECTORY)]
    many = measuring.measure(LocalTree(str(root)), members)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measuring, "sums_of", lambda listing: None)
        assert measuring.measure(LocalTree(str(root)), members) == many
