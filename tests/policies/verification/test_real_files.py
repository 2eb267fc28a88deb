"""What real frameworks wrote is whole; a byte of it changed is damaged, where sums exist."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest
from keepstep.policies import scan
from keepstep.policies.catalog.local_tree import LocalTree
from keepstep.policies.catalog.model import State
from keepstep.policies.verification.verify import Outcome, Verdict, verify

from ...real.unpack import unpack
from ..catalog.test_real_archives import ARCHIVES


def _verdicts(run: Path) -> dict[str, Verdict]:
    catalog = scan(str(run))
    return {one.id: one for one in verify(LocalTree(catalog.root), catalog.checkpoints)}


@pytest.mark.parametrize("name", ARCHIVES)
def test_every_complete_checkpoint_is_whole(name: str, tmp_path: Path):
    run, _ = unpack(name, tmp_path)
    complete = {one.id for one in scan(str(run)).checkpoints if one.state is State.COMPLETE}
    found = _verdicts(run)
    assert {id_ for id_, one in found.items() if one.outcome is Outcome.WHOLE} == complete
    assert not any(one.outcome is Outcome.DAMAGED for one in found.values())


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("transformers", "checkpoint-100/optimizer.pt"),
        ("lightning-copy", "*step=*.ckpt"),
        ("keras", "*.keras"),
        ("stable-baselines3", "*.zip"),
    ],
)
def test_a_changed_byte_is_found(name: str, file: str, tmp_path: Path):
    run, _ = unpack(name, tmp_path)
    path = next(run.rglob(file))
    with zipfile.ZipFile(path) as archive:
        largest = max(archive.infolist(), key=lambda one: one.compress_size)
    data = bytearray(path.read_bytes())
    lengths = struct.unpack_from("<2H", data, largest.header_offset + 26)
    data[largest.header_offset + 30 + sum(lengths) + largest.compress_size // 2] ^= 0x10
    path.write_bytes(data)
    damaged = {id_ for id_, one in _verdicts(run).items() if one.outcome is Outcome.DAMAGED}
    [changed] = [
        one.id
        for one in scan(str(run)).checkpoints
        if any(path.is_relative_to(run / member.path) for member in one.members)
    ]
    assert damaged == {changed}


def test_one_that_is_written_meanwhile_gets_no_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    run, _ = unpack("transformers", tmp_path)
    original = LocalTree.read

    def reading(tree: LocalTree, path: str, limit: int, offset: int = 0) -> bytes:
        with open(run / "checkpoint-100" / "config.json", "a") as file:
            file.write(" ")
        return original(tree, path, limit, offset)

    catalog = scan(str(run))
    monkeypatch.setattr(LocalTree, "read", reading)
    found = {one.id: one for one in verify(LocalTree(catalog.root), catalog.checkpoints, jobs=1)}
    verdict = found["checkpoint-100"]
    assert (verdict.outcome, verdict.why) == (Outcome.SKIPPED, "it changed while it was read")
