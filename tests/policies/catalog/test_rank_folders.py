"""Folders of ranks: what each saved under one name is one checkpoint, in all of them or in none."""

from __future__ import annotations

from pathlib import Path

import pytest
from keepstep.policies.catalog.model import State
from keepstep.policies.catalog.scan import scan
from keepstep.policies.commit.commit import commit
from keepstep.policies.commit.undo import undo
from keepstep.policies.plan import make_plan
from keepstep.policies.rules.counts import LastRule

from ..catalogs import NOW, policy
from .planting import by_id, members, plant, series

FOLDERS = ["rank_{}", "rank{}", "mp_rank_0{}", "shard-{}", "tp{}_pp0", "model_part_{}"]


@pytest.mark.parametrize("inside", ["ckpt_{}.pt", "step_{}/model.pt", "epoch-{}.ckpt"])
@pytest.mark.parametrize("rank", FOLDERS)
def test_one_checkpoint_for_all_ranks(tmp_path: Path, rank: str, inside: str):
    for number in range(3):
        folder = rank.format(number)
        plant(tmp_path, *(f"run/{folder}/{inside.format(s)}" for s in (100, 200, 300)))
    found = by_id(tmp_path)
    names = [f"run/{inside.format(s).partition('/')[0]}" for s in (100, 200, 300)]
    assert list(found) == names
    assert {len(one.members) for one in found.values()} == {3}
    assert {one.state for one in found.values()} == {State.COMPLETE}


def test_what_a_rank_has_not_saved_is_incomplete_and_fills_no_place(tmp_path: Path):
    for rank in range(3):
        plant(tmp_path, *(f"rank_{rank}/ckpt_{s}.pt" for s in (100, 200, 300)))
    (tmp_path / "rank_2/ckpt_300.pt").unlink()
    assert by_id(tmp_path)["ckpt_300.pt"].evidence == "no part of it in rank_2"
    plan = make_plan(scan(str(tmp_path)), policy(LastRule(1)), now=NOW)
    assert [d.checkpoint.id for d in plan.decisions if d.action.value == "delete"] == [
        "ckpt_100.pt"
    ]


def test_it_goes_and_comes_back_in_all_ranks(tmp_path: Path):
    for rank in range(2):
        plant(tmp_path, *(f"rank_{rank}/ckpt_{s}.pt" for s in (100, 200)), f"rank_{rank}/log.txt")
    before = sorted(str(path) for path in tmp_path.rglob("*.pt"))
    commit(make_plan(scan(str(tmp_path)), policy(LastRule(1)), now=NOW))
    assert sorted(path.name for path in tmp_path.glob("rank_*/*.pt")) == ["ckpt_200.pt"] * 2
    undo(str(tmp_path))
    assert sorted(str(path) for path in tmp_path.rglob("*.pt")) == before


def test_companions_go_with_their_weights(tmp_path: Path):
    for rank in range(2):
        plant(tmp_path, *(f"rank_{rank}/{n}_{s}.pt" for s in (1, 20) for n in ("model", "optim")))
    found = by_id(tmp_path)
    assert list(found) == ["model_1.pt", "model_20.pt"]
    assert members(found["model_20.pt"]) == [
        "rank_0/model_20.pt", "rank_0/optim_20.pt", "rank_1/model_20.pt", "rank_1/optim_20.pt",
    ]  # fmt: skip


@pytest.mark.parametrize("inside", ["epoch=1-step={}.ckpt", "checkpoint-{}/model.safetensors"])
def test_names_of_frameworks(tmp_path: Path, inside: str):
    for rank in range(2):
        plant(tmp_path, *(f"rank_{rank}/{inside.format(step)}" for step in (10, 20)))
    assert {len(one.members) for one in by_id(tmp_path).values()} == {2}


@pytest.mark.parametrize("word", ["gpu_{}", "worker_{}", "seed_{}"])
def test_runs_beside_each_other_are_judged_by_themselves(tmp_path: Path, word: str):
    for number in range(2):
        plant(tmp_path, *(f"{word.format(number)}/ckpt_{s}.pt" for s in (100, 200)))
    assert len(series(scan(str(tmp_path)))) == 2


def test_one_folder_alone_and_names_that_differ(tmp_path: Path):
    plant(tmp_path, *(f"one/rank_0/ckpt_{s}.pt" for s in (100, 200)))
    for rank in range(2):
        plant(tmp_path, *(f"two/rank_{rank}/model{rank}_step{s}.pt" for s in (100, 200)))
    assert set(series(scan(str(tmp_path)))) == {
        "one/rank_0/ckpt_*.pt",
        "two/rank_0/model0_step*.pt",
        "two/rank_1/model1_step*.pt",
    }
